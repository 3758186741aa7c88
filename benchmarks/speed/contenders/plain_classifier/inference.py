"""The second model as it is usually served: `load_npz`, scikit-learn's `MultinomialNB.predict`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import joblib
import scipy.sparse as sp


def model_fn(model_dir: str) -> Any:
    """Unpickle the classifier."""
    return joblib.load(Path(model_dir) / "model.joblib")


def input_fn(body: bytes, content_type: str) -> sp.csr_matrix:
    """Read the matrix."""
    return sp.load_npz(io.BytesIO(body))


def predict_fn(rows: sp.csr_matrix, model: Any) -> list[str]:
    """Name the categories."""
    categories: list[str] = model.predict(rows).tolist()
    return categories


def output_fn(categories: list[str], accept: str) -> tuple[str, str]:
    """Write one category per line."""
    return "\n".join(categories), "text/csv"
