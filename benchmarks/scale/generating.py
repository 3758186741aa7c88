"""Shards of generated posts as files, on all cores."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

import pyarrow as pa
from pyarrow import parquet

from benchmarks.scale.posts import Posts, make_posts
from benchmarks.scale.word_law import MEDIAN_LENGTH

SHARD = 10_000


def generate(
    directory: Path, n_records: int, seed: int, file_format: str, shard: int = SHARD, words: int = MEDIAN_LENGTH
) -> list[Path]:
    """Write posts as `part-NNNNN` files with the columns `text` and `category`; files that are there stay.

    Parameters
    ----------
    directory : Path
        Made if it is not there.
    n_records : int
    seed : int
        The same seed gives the same files, however many cores make them; more records add to them.
    file_format : {"csv", "csv.gz", "parquet"}
    shard : int
        Posts in each file; the last may have fewer.
    words : int
        Half of the posts have more.

    Returns
    -------
    list of Path
        The files, in order.
    """
    directory.mkdir(parents=True, exist_ok=True)
    sizes = [min(shard, n_records - first) for first in range(0, n_records, shard)]
    write = partial(_shard, directory, seed, file_format, words)
    if len(sizes) == 1:
        return [write(0, n_records)]
    with ProcessPoolExecutor(min(len(sizes), os.cpu_count() or 1), get_context("spawn")) as pool:
        return list(pool.map(write, range(len(sizes)), sizes))


def _shard(directory: Path, seed: int, file_format: str, words: int, number: int, n: int) -> Path:
    path = directory / f"part-{number:05d}.{file_format}"
    if not path.exists():
        aside = path.with_name(f".{path.name}")
        _WRITERS[file_format](aside, make_posts(n, seed, number, words))
        aside.rename(path)
    return path


def _write_csv(path: Path, posts: Posts) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_rows(file, posts)


def _write_gzip(path: Path, posts: Posts) -> None:
    with _compressed(path) as file:
        _write_rows(file, posts)


@contextmanager
def _compressed(path: Path) -> Iterator[TextIO]:
    # Without a name and a time in its header: the same posts are the same bytes.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as file,
    ):
        yield file


def _write_rows(file: TextIO, posts: Posts) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("text", "category"))
    writer.writerows(zip(posts.texts, posts.topics, strict=True))


def _write_parquet(path: Path, posts: Posts) -> None:
    parquet.write_table(pa.table({"text": posts.texts, "category": posts.topics}), path)


_WRITERS: dict[str, Callable[[Path, Posts], None]] = {
    "csv": _write_csv,
    "csv.gz": _write_gzip,
    "parquet": _write_parquet,
}
FORMATS = tuple(_WRITERS)
