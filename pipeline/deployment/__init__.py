"""The endpoint that serves a run: deploying it, saying what is deployed, taking it down."""
