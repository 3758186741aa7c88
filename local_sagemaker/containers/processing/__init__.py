"""Processing containers: any command run to its end, in a Python of its own."""
