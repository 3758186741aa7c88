"""Serves a StandardScaler in the style of four handlers: CSV in, CSV out."""

import io
import os

import joblib
import numpy as np


def model_fn(model_dir: str) -> object:
    return joblib.load(os.path.join(model_dir, "model.joblib"))  # noqa: PTH118 - as people write it


def input_fn(body: str, content_type: str) -> np.ndarray:
    assert content_type == "text/csv"
    return np.loadtxt(io.StringIO(body), delimiter=",", ndmin=2)


def predict_fn(table: np.ndarray, model: object) -> np.ndarray:
    return model.transform(table)  # type: ignore[attr-defined, no-any-return]


def output_fn(table: np.ndarray, accept: str) -> tuple[str, str]:
    text = io.StringIO()
    np.savetxt(text, table, delimiter=",", fmt="%.17g")
    return text.getvalue().rstrip("\n"), "text/csv"
