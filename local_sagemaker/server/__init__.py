"""The server process: its parts put together, which service a request is for, and how it starts and stops."""
