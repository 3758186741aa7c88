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
from preprocessor.features.term_counts import named
from preprocessor.features.term_rows import FittedTerms
from preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor.features.tokens import TokenKind
from preprocessor.job.channels import LabelledTexts, StopWords, read_stop_words
from preprocessor.job.fitting import figures_of, new_vectorizer
from preprocessor.job.saving import CHECKED_TEXTS, check, save
from preprocessor.job.selecting import select
from preprocessor.job.training_texts import Source, with_tokens

from . import term_counting
from .artefacts import pack
from .corpus import Columns, Part, read_part
from .sampling import sampled
from .sources import PREPROCESSOR, as_arguments, training_script
from .term_counting import Counting


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """What was learnt."""

    terms: FittedTerms
    fingerprint: str
    categories: tuple[str, ...]
    stripped_copies: bool
    """Whether the classifier learns from bare copies too."""
    classifier: dict[str, Any] | None
    """The classifier's settings, where they were chosen."""


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
    vectorizer = new_vectorizer(arguments, stop_words)
    choice = _choose(spark, parts, columns, arguments, vectorizer) if arguments.choose else None
    with_copies = arguments.stripped_copies and (choice is None or choice["with_copies"])
    by_category = vectorizer.category_floor is not None
    counted = term_counting.count(spark, Counting(parts, columns, vectorizer.rule(), with_copies, by_category))
    names, frequencies = named(counted.terms.counts)
    try:
        vectorizer.fit_frequencies(names, frequencies)
    except ValueError as error:
        raise JobRefused(f"{parts[0].name}: {error}; give it texts with words in them") from error
    n_copies = frequencies.n_texts - counted.n_records
    figures = figures_of(counted.n_records, n_copies, len(names), int(frequencies.totals.sum()))
    terms = save(arguments, vectorizer, stop_words, figures, choice)
    check(arguments.model_dir, vectorizer, terms, read_part(parts[0], columns).texts[:CHECKED_TEXTS])
    fingerprint = json.loads((arguments.model_dir / "manifest.json").read_bytes())["fingerprint"]
    return Preprocessor(
        terms,
        fingerprint,
        counted.categories,
        arguments.stripped_copies,
        choice["classifier"] if choice else None,
    )


def _choose(
    spark: SparkSession,
    parts: tuple[Part, ...],
    columns: Columns,
    arguments: argparse.Namespace,
    vectorizer: TextVectorizer,
) -> dict[str, Any] | None:
    """Choose by a sample, as the training job does by all or by some, and set the vectorizer to the choice."""
    sample = sampled(spark, parts, columns)
    source = Source(
        Path(),
        columns.text,
        columns.label,
        arguments.stripped_copies,
        TokenKind(arguments.tokens),
        arguments.subject_weight > 0,
    )
    records = sample.records
    training, tokens = with_tokens(LabelledTexts(records.texts, records.categories, len(parts)), source)
    selection = select(arguments, vectorizer, tokens, training)
    if selection is None:
        return None
    sizes = {"sampled_records": len(records.texts), "all_records": sample.n_records}
    return {**selection.as_dict(), **(sizes if len(records.texts) < sample.n_records else {})}
