"""The preprocessor: choose on a sample, count terms on all machines, write what its training job would write."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from preprocessor.errors import JobRefused
from preprocessor.features.distinct_tokens import number_tokens
from preprocessor.features.term_counts import named
from preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor.job import fitting
from preprocessor.job.channels import StopWords, read_stop_words
from preprocessor.job.training_texts import TrainingTexts
from preprocessor.selection.choice import Selection

from . import term_counting
from .artefacts import pack
from .corpus import Columns, Part
from .sampling import sampled
from .settings import as_arguments
from .sources import PREPROCESSOR, training_script
from .term_counting import Counting


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """What was learnt."""

    vectorizer: TextVectorizer
    selection: Selection | None
    categories: tuple[str, ...]
    fingerprint: str
    stripped_copies: bool
    """Whether the classifier learns from bare copies too."""


def train(
    spark: SparkSession,
    parts: tuple[Part, ...],
    columns: Columns,
    settings: Mapping[str, Any],
    stop_words: Path,
    output: Path,
) -> Preprocessor:
    """Learn vocabulary and weights from all parts, and write the artefact."""
    script = training_script(PREPROCESSOR)
    with tempfile.TemporaryDirectory() as directory:
        model, data = Path(directory, "model"), Path(directory, "data")
        folders = {"model-dir": model, "output-data-dir": data}
        arguments = script.read_arguments(as_arguments({**settings, **folders}))
        learnt = _learn(spark, parts, columns, arguments, read_stop_words(stop_words))
        pack(model, output / "output" / "model.tar.gz")
        pack(data, output / "output" / "output.tar.gz")
    return learnt


def _learn(
    spark: SparkSession,
    parts: tuple[Part, ...],
    columns: Columns,
    arguments: argparse.Namespace,
    stop_words: StopWords,
) -> Preprocessor:
    vectorizer = fitting._vectorizer(arguments, stop_words)
    sample = sampled(spark, parts, columns, arguments.stripped_copies)
    selection = _select(arguments, vectorizer, sample) if arguments.choose else None
    with_copies = arguments.stripped_copies and (selection is None or selection.chosen.with_copies)
    counting = Counting(parts, columns, vectorizer.rule(), with_copies, arguments.category_floor is not None)
    counted = term_counting.count(spark, counting)
    names, frequencies = named(counted.terms.counts)
    try:
        vectorizer.fit_frequencies(names, frequencies)
    except ValueError as error:
        raise JobRefused(f"{parts[0].name}: {error}; give it texts with words in them") from error
    figures = _figures(counted, frequencies.n_texts, int(frequencies.totals.sum()))
    print(" ".join(f"{name}={value};" for name, value in figures.items()), flush=True)
    fitting._save(arguments, vectorizer, stop_words, figures, selection)
    fitting._check(arguments.model_dir, vectorizer, sample.texts[: fitting._CHECKED_TEXTS])
    fingerprint = json.loads((arguments.model_dir / "manifest.json").read_bytes())["fingerprint"]
    return Preprocessor(vectorizer, selection, counted.categories, fingerprint, arguments.stripped_copies)


def _select(arguments: argparse.Namespace, vectorizer: TextVectorizer, sample: TrainingTexts) -> Selection | None:
    tokens = number_tokens(sample.texts, vectorizer.recipe().spacer())
    return fitting._select(arguments, vectorizer, tokens, sample)


def _figures(counted: term_counting.Counted, n_texts: int, n_nonzero: int) -> dict[str, float]:
    n_copies = n_texts - counted.n_records
    return {
        "n_records": counted.n_records,
        **({"n_copies": n_copies} if n_copies else {}),
        "n_features": len(counted.terms.counts.starts),
        "n_nonzero": n_nonzero,
        "nonzero_per_row": round(n_nonzero / n_texts, 2),
    }
