"""Serving containers: a model server and the connections to it."""
