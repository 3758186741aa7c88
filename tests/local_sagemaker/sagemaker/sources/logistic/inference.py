"""Serves a LogisticRegression in the style of one handler: the scaled columns in, a label a line out."""

import io
import os

import joblib
import numpy as np


def model_fn(model_dir: str) -> object:
    return joblib.load(os.path.join(model_dir, "model.joblib"))  # noqa: PTH118 - as people write it


def transform_fn(model: object, body: bytes, content_type: str, accept: str) -> tuple[str, str]:
    assert isinstance(body, bytes), "text/csv with a charset comes as bytes"
    table = np.loadtxt(io.BytesIO(body), delimiter=",", ndmin=2)
    return "\n".join(str(int(label)) for label in model.predict(table)), accept  # type: ignore[attr-defined]
