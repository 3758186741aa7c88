"""Stands in for the image's training toolkit where scripts ask it: the `Environment` of their run, and nothing else."""

from . import environment

__all__ = ["environment"]
