"""The first model as it is usually served: cleaning by regular expressions, scikit-learn's vectorizer, `save_npz`."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import joblib
import scipy.sparse as sp

csv.field_size_limit(2**24)


def model_fn(model_dir: str) -> dict[str, Any]:
    """Unpickle vectorizer and stop words."""
    loaded: dict[str, Any] = joblib.load(Path(model_dir) / "model.joblib")
    return loaded


def input_fn(body: bytes | str, content_type: str) -> list[str]:
    """Read one text per record of CSV."""
    text = body if isinstance(body, str) else body.decode()
    return [row[0] for row in csv.reader(io.StringIO(text, newline=""))]


def predict_fn(texts: list[str], model: dict[str, Any]) -> sp.csr_matrix:
    """Clean, then transform."""
    return model["vectorizer"].transform([clean(text, model["stop_words"]) for text in texts])


def clean(text: str, stop_words: frozenset[str]) -> str:
    """Do what the reference notebook does to a text."""
    letters = re.sub(r"[^a-z]+", " ", text.strip().lower())
    return " ".join(word for word in letters.split() if word not in stop_words)


def output_fn(rows: sp.csr_matrix, accept: str) -> tuple[bytes, str]:
    """Write the matrix as scipy does."""
    buffer = io.BytesIO()
    sp.save_npz(buffer, rows)
    return buffer.getvalue(), "application/x-npz"
