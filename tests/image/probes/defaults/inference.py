"""A probe that leaves everything but the model to the image's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Doubler:
    """A model with nothing but `predict`."""

    def predict(self, data: np.ndarray) -> np.ndarray:
        """Return twice the data."""
        return data * 2


def model_fn(model_dir: str) -> Doubler:
    """Return the model."""
    return Doubler()
