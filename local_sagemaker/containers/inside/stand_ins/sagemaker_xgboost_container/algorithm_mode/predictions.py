"""What `SAGEMAKER_INFERENCE_OUTPUT` selects of a prediction: labels, probabilities, scores."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..encoder import json_to_jsonlines

if TYPE_CHECKING:
    from collections.abc import Sequence

REGRESSION = ("reg:squarederror", "reg:logistic", "reg:gamma", "reg:absoluteerror", "reg:tweedie")
CLASSIFICATION = ("binary:logistic", "binary:logitraw", "binary:hinge", "multi:softmax", "multi:softprob")
WITH_PROBABILITIES = ("binary:logistic", "multi:softprob")

_KEYS = {
    "labels": CLASSIFICATION,
    "predicted_label": CLASSIFICATION,
    "predicted_score": REGRESSION,
    "probabilities": WITH_PROBABILITIES,
    "probability": WITH_PROBABILITIES,
    "raw_score": CLASSIFICATION,
    "raw_scores": CLASSIFICATION,
}


def selected(predictions: Any, keys: Sequence[str], objective: str, num_class: str) -> list[dict[str, Any]]:
    """Give what the keys ask for, for each prediction; NaN for what an objective does not have.

    Raises
    ------
    ValueError
        If nothing can be selected of this objective.
    """
    if objective not in (*REGRESSION, *CLASSIFICATION):
        raise ValueError(f"Objective `{objective}` unsupported for selectable inference predictions.")
    return [{key: _selected(key, prediction, objective, num_class) for key in keys} for prediction in predictions]


def _selected(key: str, prediction: Any, objective: str, num_class: str) -> Any:
    if objective not in _KEYS.get(key, ()):
        return math.nan
    if key == "predicted_label":
        return _label(prediction, objective)
    if key == "labels":
        return [0, 1] if objective.startswith("binary:") else list(range(int(num_class)))
    if key in ("probability", "raw_score", "predicted_score"):
        return float(np.max(prediction))
    scores = prediction if np.ndim(prediction) else np.array([1.0 - prediction.item(), prediction.item()])
    return scores.tolist()


def _label(prediction: Any, objective: str) -> float:
    if objective == "multi:softprob":
        return int(np.argmax(prediction))
    if objective in ("binary:logistic", "binary:logitraw"):
        return int(prediction > (0.5 if objective == "binary:logistic" else 0))
    return float(prediction)


def encoded(predictions: Sequence[dict[str, Any]], accept: str, newline: bool) -> bytes:
    """Write selected predictions as JSON, JSON Lines or CSV.

    Raises
    ------
    ValueError
        For another type.
    """
    if accept == "application/json":
        return json.dumps({"predictions": predictions}).encode()
    if accept == "application/jsonlines":
        return json_to_jsonlines({"predictions": predictions})
    if accept != "text/csv":
        raise ValueError(f"Cannot encode selected predictions into accept type '{accept}'.")
    lines = (",".join(_cell(value) for value in prediction.values()) for prediction in predictions)
    return ("\n".join(lines) + "\n" * newline).encode()


def _cell(value: Any) -> str:
    return f'"{value}"' if isinstance(value, list) else str(value)
