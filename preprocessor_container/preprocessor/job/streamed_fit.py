"""The training job over a channel that is too large for memory: choose by some records, count all in chunks, fit."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import JobRefused
from ..features.term_counts import KeptTerms, named
from ..features.text_vectorizer import TextVectorizer
from ..streaming.chunk_counts import Counting, count_chunks
from ..streaming.chunk_records import read_records
from ..streaming.chunks import Chunk, channel_files, read_chunks, total_bytes
from ..streaming.count_runs import CountRuns, Place
from ..streaming.progress import Progress
from ..streaming.sample import Sample, read_sample
from .channels import LabelledTexts, StopWords, refuse_empty
from .checkpoints import checkpoint
from .fitting import figures_of, new_vectorizer
from .resources import n_cpus
from .saving import CHECKED_TEXTS, check, save
from .selecting import select
from .training_texts import Source, with_tokens


@dataclass(frozen=True, slots=True)
class _Corpus:
    """The files to learn from."""

    paths: list[Path]
    source: Source

    @property
    def columns(self) -> tuple[str, str]:
        return self.source.text_column, self.source.label_column

    def chunks(self, begin: Place) -> Iterator[Chunk]:
        """Yield the chunks from a place on."""
        for number in range(begin.file, len(self.paths)):
            for chunk in read_chunks(self.paths[number], self.columns):
                if number > begin.file or chunk.number >= begin.chunk:
                    yield chunk

    def place_behind(self, chunk: Chunk) -> Place:
        return Place(self.paths.index(chunk.path), chunk.number + 1)

    def bytes_before(self, place: Place) -> int:
        return total_bytes(self.paths[: place.file])

    def first_texts(self) -> list[str]:
        """Return the texts that the channel begins with."""
        chunks = self.chunks(Place(0, 0))
        pairs = (pair for chunk in chunks for pair in read_records(chunk, *self.columns))
        return [text for text, _ in islice(pairs, CHECKED_TEXTS)]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What was chosen, as far as the fit goes by it."""

    vectorizer: dict[str, Any]
    with_copies: bool
    evidence: dict[str, Any]


def fit_streamed(settings: argparse.Namespace, stop_words: StopWords, source: Source) -> None:
    """Choose, count, fit, check that the serving form answers as the estimator does, save the artefact."""
    corpus = _Corpus(channel_files(source.directory), source)
    vectorizer = new_vectorizer(settings, stop_words)
    choice = _choose(settings, vectorizer, corpus) if settings.choose else None
    if choice:
        vectorizer.set_params(**choice.vectorizer)
    counting = Counting(
        vectorizer.rule(),
        *corpus.columns,
        with_copies=choice.with_copies if choice else source.with_copies,
        by_category=vectorizer.category_floor is not None,
    )
    runs = _count(corpus, counting)
    refuse_empty(corpus.paths, runs.n_records)
    figures = _fit(vectorizer, runs)
    terms = save(settings, vectorizer, stop_words, figures, choice.evidence if choice else None)
    check(settings.model_dir, vectorizer, terms, corpus.first_texts())
    runs.remove()


def _count(corpus: _Corpus, counting: Counting) -> CountRuns:
    """Count the terms of all chunks, or of those that an earlier job did not."""
    rule = counting.rule
    what = replace(counting, rule=replace(rule, left_out=frozenset())), sorted(rule.left_out)
    runs = CountRuns(checkpoint("terms", what, corpus.paths))
    before = corpus.bytes_before(runs.place)
    if runs.n_records:
        print(f"going on where an earlier job was stopped: after {runs.n_records:,} records", flush=True)
    progress = Progress("counted", total_bytes(corpus.paths), before)
    share = 0.0
    for chunk, counts in count_chunks(counting, corpus.chunks(runs.place), n_cpus()):
        runs.add(counts, corpus.place_behind(chunk))
        share = share if chunk.number else 0.0
        progress.add(counts.n_records, int((chunk.share - share) * chunk.path.stat().st_size))
        share = chunk.share
    progress.say()
    return runs


def _fit(vectorizer: TextVectorizer, runs: CountRuns) -> dict[str, float]:
    kept = runs.kept(vectorizer.rule())
    names, frequencies = named(kept.counts)
    print(_left_out(kept, len(names), vectorizer), flush=True)
    try:
        vectorizer.fit_frequencies(names, frequencies)
    except ValueError as error:
        raise JobRefused(f"channel train: {error}; give it texts with words in them") from error
    return figures_of(runs.n_records, runs.n_copies, len(names), int(frequencies.totals.sum()))


def _left_out(kept: KeptTerms, n_kept: int, vectorizer: TextVectorizer) -> str:
    line = f"kept {n_kept:,} of {kept.n_found:,} terms"
    if kept.n_rare_pairs:
        line += f"; left out {kept.n_rare_pairs:,} pairs in fewer than {vectorizer.least_pair_texts} texts"
    if kept.n_capped:
        line += f"; max_features left out {kept.n_capped:,}, the rarest kept one is in {kept.least_texts:,} text(s)"
    return line


def _choose(settings: argparse.Namespace, vectorizer: TextVectorizer, corpus: _Corpus) -> _Choice | None:
    """Choose by some of the records, or take what an earlier job chose by them; None where they are too few."""
    given = {name: value for name, value in vars(settings).items() if not isinstance(value, Path)}
    path = checkpoint("choice", (given, vectorizer.stop_words), corpus.paths)
    if path.is_file():
        print("taking what an earlier job chose, which was stopped", flush=True)
        return _Choice(**json.loads(path.read_bytes()))
    sample = read_sample(corpus.paths, *corpus.columns)
    refuse_empty(corpus.paths, sample.n_records)
    choice = _choose_by(settings, vectorizer, corpus, sample)
    if choice:
        _keep(path, choice)
    return choice


def _choose_by(
    settings: argparse.Namespace, vectorizer: TextVectorizer, corpus: _Corpus, sample: Sample
) -> _Choice | None:
    print(f"choosing by a sample of {len(sample.pairs):,} of {sample.n_records:,} records", flush=True)
    texts, categories = ([pair[part] for pair in sample.pairs] for part in (0, 1))
    training, tokens = with_tokens(LabelledTexts(texts, categories, len(corpus.paths)), corpus.source)
    selection = select(settings, vectorizer, tokens, training)
    if selection is None:
        return None
    sizes = {"sampled_records": len(sample.pairs), "all_records": sample.n_records}
    with_copies = selection.chosen.with_copies and corpus.source.with_copies
    return _Choice(selection.chosen.vectorizer_settings, with_copies, {**selection.as_dict(), **sizes})


def _keep(path: Path, choice: _Choice) -> None:
    content = {"vectorizer": choice.vectorizer, "with_copies": choice.with_copies, "evidence": choice.evidence}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.replace(path)
