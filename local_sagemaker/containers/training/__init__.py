"""Training containers: a script run to its end."""
