"""A probe with `input_fn`, `predict_fn` and `output_fn`, a package beside it, and execution parameters."""

from __future__ import annotations

import json
from typing import Any

from parts.counting import count_calls  # type: ignore[import-not-found]
from parts.failing import fail_when_asked  # type: ignore[import-not-found]


def model_fn(model_dir: str) -> list[str]:
    """Return a list that the handlers note their calls in."""
    return []


def input_fn(body: str | bytes, content_type: str) -> dict[str, Any]:
    """Take the request apart."""
    fail_when_asked("input_fn", body)
    return {"type": type(body).__name__, "body": repr(body), "content_type": content_type, "raw": body}


def predict_fn(data: dict[str, Any], model: list[str]) -> dict[str, Any]:
    """Pass the data on."""
    fail_when_asked("predict_fn", data["raw"])
    return {**data, "predicted": count_calls(model) > 0}


def output_fn(prediction: dict[str, Any], accept: str) -> tuple[str, str]:
    """Answer in the type asked for."""
    fail_when_asked("output_fn", prediction.pop("raw"))
    return json.dumps({**prediction, "accept": accept}), accept


def execution_parameters_fn() -> dict[str, Any]:
    """Answer GET /execution-parameters."""
    return {"MaxPayloadInMB": 3, "BatchStrategy": "SINGLE_RECORD", "MaxConcurrentTransforms": 2}
