"""Stands in for pip in a container whose Python has none: `python -m pip` is answered by uv."""
