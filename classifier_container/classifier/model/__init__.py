"""From a row to its categories."""
