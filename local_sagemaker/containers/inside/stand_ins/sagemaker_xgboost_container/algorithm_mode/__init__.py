"""The algorithm: training without a script, and serving what it has trained."""
