"""What a walk over files too large for memory needs."""
