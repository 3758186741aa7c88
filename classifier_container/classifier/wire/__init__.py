"""The bytes between the containers."""
