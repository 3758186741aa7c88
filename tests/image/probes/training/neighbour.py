"""A module beside the training script."""

NAME = "neighbour"
