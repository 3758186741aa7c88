"""Fit plain scikit-learn's two models: `plain_models.py <corpus.json> <directory>`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
from plain_fit import fit

if __name__ == "__main__":
    data = json.loads(Path(sys.argv[1]).read_bytes())
    vectorizer, classifier = fit(data["train"], data["categories"], data["stop_words"])
    for part, content in (
        ("preprocessor", {"vectorizer": vectorizer, "stop_words": frozenset(data["stop_words"])}),
        ("classifier", classifier),
    ):
        directory = Path(sys.argv[2]) / part / "model"
        directory.mkdir(parents=True)
        joblib.dump(content, directory / "model.joblib")
