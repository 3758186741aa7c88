"""What a release of an endpoint is made of: its settings, its configuration, how traffic shifts, what stops it."""
