"""Compares each answer of the deployed pipeline with what the model computes here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PipelineError
from pipeline.prediction.invoke import Prediction

_TOLERANCE = 1e-3
"""How far a probability computed here may be off the container's own: float32 sums in another order."""


def check_against_answers(
    probabilities: NDArray[np.float64], categories: Sequence[str], predictions: Sequence[Prediction]
) -> NDArray[np.intp]:
    """Return the deployed pipeline's answers as positions in `categories`, having compared every probability in them.

    Raises
    ------
    PipelineError
        If they differ: then what is deployed is not what this working tree computes with.
    """
    positions = {name: position for position, name in enumerate(categories)}
    if unknown := {name for item in predictions for name, _ in item.top if name not in positions}:
        raise PipelineError(f"The deployed pipeline answers {min(unknown)!r}, which is no category of this run.")
    gaps = np.array(
        [
            max(abs(probabilities[row, positions[name]] - probability) for name, probability in item.top)
            for row, item in enumerate(predictions)
        ]
    )
    if differing := int((gaps > _TOLERANCE).sum()):
        raise PipelineError(
            f"The deployed pipeline and this working tree disagree on {differing:,} of {len(gaps):,} records (by up "
            f"to {gaps.max():.3g} in a probability), so nothing said here would be about what is deployed. `make "
            f"status` shows which code serves; `deploy-pipeline --code current` ships today's."
        )
    return np.array([positions[item.category] for item in predictions], dtype=np.intp)
