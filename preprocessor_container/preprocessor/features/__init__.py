"""From a text to its row: tokens, terms, counts, weights."""
