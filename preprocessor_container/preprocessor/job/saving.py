"""What the training job leaves: the artefact and its figures, checked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..artefact.serving_files import load_serving, save_serving
from ..artefact.writing import save_code, save_estimator, save_manifest
from ..features.term_rows import FittedTerms
from ..features.text_vectorizer import TextVectorizer, rows_of
from .channels import StopWords

CHECKED_TEXTS = 200


def save(
    settings: argparse.Namespace,
    vectorizer: TextVectorizer,
    stop_words: StopWords,
    figures: dict[str, float],
    selection: Mapping[str, object] | None,
) -> FittedTerms:
    """Save the artefact and its figures; return what serving it will open."""
    settings.output_data_dir.mkdir(parents=True, exist_ok=True)
    if selection:
        content = json.dumps(selection, indent=2) + "\n"
        (settings.output_data_dir / "selection.json").write_text(content, encoding="utf-8")
    (settings.output_data_dir / "metrics.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
    save_code(settings.model_dir)
    save_estimator(settings.model_dir, vectorizer.stock_vectorizer() or vectorizer)
    terms = vectorizer.fitted_terms()
    fingerprint = save_serving(settings.model_dir / "serving", terms)
    hyperparameters = vectorizer.get_params()
    del hyperparameters["stop_words"]
    facts: dict[str, object] = {
        "kind": "preprocessor",
        "profile": settings.profile,
        "dataset": settings.dataset,
        "hyperparameters": {**hyperparameters, "stripped_copies": settings.stripped_copies, "choose": settings.choose},
        **({"selection": selection} if selection else {}),
        "stop_words": {"source": stop_words.source, "count": len(stop_words.words), "sha256": stop_words.sha256},
        **figures,
        "fingerprint": fingerprint,
    }
    save_manifest(settings.model_dir, facts)
    return terms


def check(model_dir: Path, vectorizer: TextVectorizer, terms: FittedTerms, texts: list[str]) -> None:
    """Hold what will serve to the estimator that people load: the same rows, to the last bit.

    Its own terms are given, as to look them all up in a table anew takes longer than all else of this.
    """
    stock = vectorizer.stock_vectorizer()
    expected = stock.transform(texts) if stock else rows_of(terms, texts)
    served = rows_of(load_serving(model_dir / "serving").terms, texts)
    if (served != expected).nnz or not np.array_equal(served.indices, expected.indices):
        raise RuntimeError("the serving form does not answer as model.joblib does")
