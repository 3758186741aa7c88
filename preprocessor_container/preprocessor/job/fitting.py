"""The training job once its texts are read and cut into tokens: choose, count, fit, save, check."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from ..artefact.serving_files import load_serving, save_serving
from ..artefact.writing import save_code, save_estimator, save_manifest
from ..errors import JobRefused
from ..features.distinct_tokens import NumberedTokens
from ..features.term_rows import TermRows
from ..features.term_weighting import Idf, Weighting
from ..features.text_vectorizer import TextVectorizer
from ..selection.candidates import Candidate, candidates, grid
from ..selection.choice import Selection, choose, select
from ..selection.folds import deal, in_order
from ..selection.training_tokens import TrainingTokens
from ..selection.trial_records import TrialRecords
from .channels import StopWords
from .resources import checkpoint_directory, n_cpus
from .training_texts import TrainingTexts

_CHECKED_TEXTS = 200
_SOURCE_FOLDER = Path(__file__).parents[2]


def fit(settings: argparse.Namespace, stop_words: StopWords, training: TrainingTexts, tokens: NumberedTokens) -> None:
    """Choose, fit, check that the serving form answers as the estimator does, save the artefact."""
    vectorizer = _vectorizer(settings, stop_words)
    selection = _select(settings, vectorizer, tokens, training) if settings.choose else None
    if selection and not selection.chosen.with_copies:
        training, tokens = _without_copies(training, tokens)
    counts = (selection and _counted(selection, vectorizer, tokens)) or _count(vectorizer, tokens)
    rows = vectorizer.fit_counts(counts, training.categories)
    figures = _figures(rows, training)
    print(" ".join(f"{name}={value};" for name, value in figures.items()), flush=True)
    _save(settings, vectorizer, stop_words, figures, selection)
    _check(settings.model_dir, vectorizer, training.texts[: min(_CHECKED_TEXTS, training.n_records)])


def _without_copies(training: TrainingTexts, tokens: NumberedTokens) -> tuple[TrainingTexts, NumberedTokens]:
    return training.without_copies(), tokens.of_texts(np.arange(len(training.texts)) < training.n_records)


def _vectorizer(settings: argparse.Namespace, stop_words: StopWords) -> TextVectorizer:
    return TextVectorizer(
        tokens=settings.tokens,
        stop_words=stop_words.words,
        keep_stop_words=settings.keep_stop_words,
        subject_weight=settings.subject_weight,
        pair_weight=settings.pair_weight,
        max_features=settings.max_features,
        term_frequency=settings.term_frequency,
        idf=settings.idf,
        category_floor=settings.category_floor,
    )


def _counted(selection: Selection, vectorizer: TextVectorizer, tokens: NumberedTokens) -> TermRows | None:
    """Return the counts that choosing left, where they are of the same texts, and `max_features` kept no term out: that
    does not go by the terms that the choice leaves out.
    """
    counted, most = selection.counted, vectorizer.max_features
    n_texts, n_terms = counted.counts.n_rows, counted.counts.n_features
    if counted.terms is None or n_texts != tokens.n_texts or (most is not None and n_terms >= most):
        return None
    counts, kept = counted.fitted(selection.chosen)
    vectorizer.name_terms(counted.terms.names(tokens.distinct, kept))
    return counts if counts.n_features else None


def _count(vectorizer: TextVectorizer, tokens: NumberedTokens) -> TermRows:
    try:
        return vectorizer.count_tokens(tokens)
    except ValueError as error:
        raise JobRefused(f"channel train: {error}; give it texts with words in them") from error


def _select(
    settings: argparse.Namespace, vectorizer: TextVectorizer, tokens: NumberedTokens, training: TrainingTexts
) -> Selection | None:
    """Choose, set the vectorizer to the choice, and write the evidence; None where there is too little to choose by."""
    numbers = np.unique(training.categories, return_inverse=True)[1]
    records = training.texts[: training.n_records]
    of_record = in_order(len(records)) if settings.ordered else deal(records, numbers[: len(records)])
    if of_record is None:
        if settings.ranges is not None:
            raise JobRefused("channel train: too few different texts to choose by; give it at least a dozen")
        print("too few different texts to choose by: the settings stay as they are", flush=True)
        return None
    record_of = np.concatenate([np.arange(len(records)), np.array(training.copied, np.intp)])
    texts = TrainingTokens(tokens, numbers, record_of, of_record, settings.ordered)
    first = _first(settings)
    if settings.ranges is None:
        selection = choose(texts, vectorizer, candidates(first), settings.budget)
    else:
        tried = _grid(first, settings.ranges)
        with_pairs = any(candidate.pair_weight for candidate in tried)
        counted = texts.counted(vectorizer, texts.n_records, with_pairs)
        selection = select(counted, tried, _records(settings), n_cpus())
    print("\n".join(selection.lines()), flush=True)
    settings.output_data_dir.mkdir(parents=True, exist_ok=True)
    (settings.output_data_dir / "selection.json").write_text(
        json.dumps(selection.as_dict(), indent=2) + "\n", encoding="utf-8"
    )
    vectorizer.set_params(**selection.chosen.vectorizer_settings)
    return selection


def _first(settings: argparse.Namespace) -> Candidate:
    """Return the settings themselves as a candidate."""
    return Candidate(
        settings.profile,
        settings.term_frequency == "log",
        Weighting(Idf(settings.idf), settings.category_floor),
        settings.subject_weight,
        settings.classifier,
        settings.pair_weight,
        settings.keep_stop_words,
    )


def _grid(first: Candidate, ranges: dict[str, list[object]]) -> list[Candidate]:
    try:
        return grid(first, ranges)
    except (ValueError, TypeError) as error:
        raise JobRefused(f"hyperparameters: ranges: {error}") from error


def _records(settings: argparse.Namespace) -> TrialRecords:
    """Return the records of trials on this data, with these settings, by this code."""
    fixed = settings.ordered, settings.tokens, settings.stripped_copies
    digest = hashlib.sha256(repr(fixed).encode())
    for place, pattern in (
        (settings.train, "**/*.csv"),
        (settings.stopwords, "*.txt"),
        (_SOURCE_FOLDER, "**/*.py"),
    ):
        for path in sorted(place.glob(pattern)):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return TrialRecords(checkpoint_directory() / f"trials-{digest.hexdigest()[:16]}.jsonl")


def _figures(rows: sp.csr_matrix, training: TrainingTexts) -> dict[str, float]:
    n_rows, n_features = rows.shape
    return {
        "n_records": training.n_records,
        **({"n_copies": len(training.copied)} if training.copied else {}),
        "n_features": n_features,
        "n_nonzero": rows.nnz,
        "nonzero_per_row": round(rows.nnz / n_rows, 2),
    }


def _save(
    settings: argparse.Namespace,
    vectorizer: TextVectorizer,
    stop_words: StopWords,
    figures: dict[str, float],
    selection: Selection | None,
) -> None:
    settings.output_data_dir.mkdir(parents=True, exist_ok=True)
    (settings.output_data_dir / "metrics.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
    save_code(settings.model_dir)
    save_estimator(settings.model_dir, vectorizer.stock_vectorizer() or vectorizer)
    fingerprint = save_serving(settings.model_dir / "serving", vectorizer.fitted_terms())
    hyperparameters = vectorizer.get_params()
    del hyperparameters["stop_words"]
    facts = {
        "kind": "preprocessor",
        "profile": settings.profile,
        "dataset": settings.dataset,
        "hyperparameters": {**hyperparameters, "stripped_copies": settings.stripped_copies, "choose": settings.choose},
        **({"selection": selection.as_dict()} if selection else {}),
        "stop_words": {"source": stop_words.source, "count": len(stop_words.words), "sha256": stop_words.sha256},
        **figures,
        "fingerprint": fingerprint,
    }
    save_manifest(settings.model_dir, facts)


def _check(model_dir: Path, vectorizer: TextVectorizer, texts: list[str]) -> None:
    """Hold what will serve to the estimator that people load: the same rows, to the last bit."""
    expected = (vectorizer.stock_vectorizer() or vectorizer).transform(texts)
    served = sp.vstack(
        [
            sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))
            for rows in load_serving(model_dir / "serving").terms.rows(texts)
        ]
    )
    if (served != expected).nnz or not np.array_equal(served.indices, expected.indices):
        raise RuntimeError("the serving form does not answer as model.joblib does")
