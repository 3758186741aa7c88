"""The code that a container runs: where it comes from, and what it needs installed."""
