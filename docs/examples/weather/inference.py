"""Serves what train.py wrote; the image reads requests and writes answers by itself."""

from pathlib import Path

import joblib


def model_fn(directory):
    """Load the model."""
    return joblib.load(Path(directory) / "model.joblib")
