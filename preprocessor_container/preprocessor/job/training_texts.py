"""The training texts as the job learns from them: read, with bare copies behind them, and cut into tokens."""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from ..features.distinct_tokens import NumberedTokens, number_tokens
from ..features.text_parts import stripped_copies
from ..features.tokens import TokenKind, spacer
from ..streaming.chunks import channel_files, total_bytes
from .channels import LabelledTexts, read_texts
from .resources import n_cpus

LARGE = 128 * 2**20
"""Bytes; a larger channel is not held in memory."""

_SMALL = 2**20
"""Bytes; what is smaller is read sooner than another process has started."""


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

    With one processor, or with very little to read, it is done at once in this one.
    """
    size = total_bytes(channel_files(source.directory))
    if n_cpus() > 1 and size >= _SMALL:
        pool = ProcessPoolExecutor(1, get_context("spawn"))
        reading = pool.submit(_read, source)
        pool.shutdown(wait=False)
        return reading
    done: Future[tuple[TrainingTexts, NumberedTokens]] = Future()
    done.set_result(_read(source))
    return done


def _read(source: Source) -> tuple[TrainingTexts, NumberedTokens]:
    return with_tokens(read_texts(source.directory, source.text_column, source.label_column), source)


def with_tokens(data: LabelledTexts, source: Source) -> tuple[TrainingTexts, NumberedTokens]:
    """Put the copies behind the texts, and cut all into tokens."""
    copied, copies = stripped_copies(data.texts) if source.with_copies else ([], [])
    categories = data.categories + [data.categories[position] for position in copied]
    training = TrainingTexts(data.texts + copies, categories, copied, data.n_files)
    return training, number_tokens(training.texts, spacer(source.tokens, source.with_subjects))
