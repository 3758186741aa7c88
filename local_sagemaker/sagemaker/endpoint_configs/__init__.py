"""Endpoint configurations."""
