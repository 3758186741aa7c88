"""Counting the terms of chunks: on all processors, and handed back in order."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process

from ..features.term_counts import TermCounts
from ..features.term_numbering import TermRule
from ..features.text_parts import stripped_copies
from .chunk_records import read_records
from .chunks import Chunk

_WAITING = 1
"""Chunks that wait for a process each while it counts another one."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted."""

    rule: TermRule
    text_column: str
    label_column: str
    with_copies: bool
    """Whether bare copies of the texts count too."""
    by_category: bool


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """What was counted in a chunk."""

    terms: TermCounts
    n_records: int
    n_copies: int


def count_chunk(counting: Counting, chunk: Chunk) -> ChunkCounts:
    """Count the terms of a chunk."""
    pairs = read_records(chunk, counting.text_column, counting.label_column)
    texts = [text for text, _ in pairs]
    copied, copies = stripped_copies(texts) if counting.with_copies else ([], [])
    categories = [category for _, category in pairs]
    categories += [categories[position] for position in copied]
    terms = TermCounts.of_texts(texts + copies, categories if counting.by_category else None, counting.rule)
    return ChunkCounts(terms, len(pairs), len(copies))


def count_chunks(counting: Counting, chunks: Iterable[Chunk], n_processes: int) -> Iterator[tuple[Chunk, ChunkCounts]]:
    """Yield chunks, in order, and what was counted in each; some chunks more are in memory meanwhile.

    Raises
    ------
    JobRefused
        If something is wrong with a record; the message names file and line.
    """
    if n_processes == 1:
        for chunk in chunks:
            yield chunk, count_chunk(counting, chunk)
        return
    pool = ProcessPoolExecutor(n_processes, get_context("spawn"), _end_with_parent)
    try:
        begun: deque[tuple[Chunk, Future[ChunkCounts]]] = deque()
        for chunk in chunks:
            begun.append((chunk, pool.submit(count_chunk, counting, chunk)))
            if len(begun) > n_processes * (1 + _WAITING):
                first, counts = begun.popleft()
                yield first, counts.result()
        for first, counts in begun:
            yield first, counts.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Let this process end when the one that started it is killed: it would wait for work for ever."""
    parent = parent_process()
    assert parent

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
