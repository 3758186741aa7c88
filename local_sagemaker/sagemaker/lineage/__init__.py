"""Lineage: actions, artifacts and contexts as records, how they hang together, and questions about that."""
