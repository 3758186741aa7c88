"""The training texts as the job learns from them: read, with bare copies behind them, and cut into tokens."""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from ..features.distinct_tokens import NumberedTokens, number_tokens
from ..features.text_parts import stripped_copies
from ..features.tokens import TokenKind, spacer
from .channels import csv_files, read_texts
from .resources import n_cpus

_LARGE = 256 * 2**20
"""Bytes; what is larger is not handed from one process to another, where it would be in memory twice."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the texts are, and what is to be made of them."""

    directory: Path
    text_column: str
    label_column: str
    with_copies: bool
    tokens: TokenKind
    with_subjects: bool


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """What is learnt from: the records, and behind them the copies of some."""

    texts: list[str]
    categories: list[str]
    copied: list[int]
    """Of which record each copy is one."""
    n_files: int

    @property
    def n_records(self) -> int:
        return len(self.texts) - len(self.copied)

    def without_copies(self) -> TrainingTexts:
        n_records = self.n_records
        return TrainingTexts(self.texts[:n_records], self.categories[:n_records], [], self.n_files)


def begin_reading(source: Source) -> Future[tuple[TrainingTexts, NumberedTokens]]:
    """Begin to read and cut the texts, in a process of its own: that takes as long as to import what learns from them.

    With one processor, or with very much to read, it is done at once in this one.
    """
    size = sum(path.stat().st_size for path in csv_files(source.directory))
    if n_cpus() > 1 and size < _LARGE:
        pool = ProcessPoolExecutor(1, get_context("spawn"))
        reading = pool.submit(_read, source)
        pool.shutdown(wait=False)
        return reading
    done: Future[tuple[TrainingTexts, NumberedTokens]] = Future()
    done.set_result(_read(source))
    return done


def _read(source: Source) -> tuple[TrainingTexts, NumberedTokens]:
    data = read_texts(source.directory, source.text_column, source.label_column)
    copied, copies = stripped_copies(data.texts) if source.with_copies else ([], [])
    categories = data.categories + [data.categories[position] for position in copied]
    training = TrainingTexts(data.texts + copies, categories, copied, data.n_files)
    return training, number_tokens(training.texts, spacer(source.tokens, source.with_subjects))
