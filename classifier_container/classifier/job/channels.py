"""Reading the training job's channels: rows of features and their categories, paired by the names of their files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import scipy.sparse as sp

from ..errors import JobRefused, RequestRefused
from ..wire.feature_stream import FeatureRows, FeatureSpace, read_features


@dataclass(frozen=True, slots=True)
class Pair:
    """A file of features and the file of their categories."""

    features: Path
    labels: Path

    @property
    def n_bytes(self) -> int:
        return self.features.stat().st_size


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows and categories, in the order of files and lines."""

    matrix: sp.csr_array
    """Shape (n_records, n_features), float32."""
    categories: list[str]
    space: FeatureSpace
    n_files: int


def read_pairs(features: Path, labels: Path) -> TrainingSet:
    """Read every `part-NNNNN.csv.out` (Arrow) of one folder with the `part-NNNNN.csv` (one category per record) of the
    other.

    Raises
    ------
    JobRefused
        If a file has no counterpart, is not what it should be, or has another number of records than its counterpart,
        and if the files come from different preprocessors; the message names the file.
    """
    return read_all(find_pairs(features, labels))


def read_all(pairs: Sequence[Pair]) -> TrainingSet:
    """Read the files of all pairs; see `read_pairs`."""
    parts: list[TrainingSet] = []
    for pair in pairs:
        parts.append(read_pair(pair, parts[0].space if parts else None))
    categories = [name for part in parts for name in part.categories]
    matrix = sp.vstack([part.matrix for part in parts], format="csr")
    return TrainingSet(matrix, categories, parts[0].space, len(pairs))


def read_pair(pair: Pair, space: FeatureSpace | None) -> TrainingSet:
    """Read the files of one pair; `space` is that of the files before."""
    rows = _read_rows(pair.features, space)
    categories = read_categories(pair.labels)
    if rows.n_rows != len(categories):
        raise JobRefused(
            f"{pair.features.name} has {rows.n_rows} rows but {pair.labels.name} has {len(categories)} labels; "
            "run the batch transform again over the texts that these labels belong to"
        )
    return TrainingSet(_to_csr(rows), categories, rows.space, 1)


def find_pairs(features: Path, labels: Path) -> list[Pair]:
    """Pair the files of two folders by name: `x.csv.out` goes with `x.csv`.

    Raises
    ------
    JobRefused
        If a file has no counterpart, or there is none.
    """
    feature_paths = {
        path.relative_to(features).as_posix().removesuffix(".out"): path for path in sorted(features.glob("**/*.out"))
    }
    label_paths = {path.relative_to(labels).as_posix(): path for path in sorted(labels.glob("**/*.csv"))}
    if not feature_paths:
        raise JobRefused(
            f"{features}: the channel holds no .out file; give it what a batch transform of the preprocessor wrote"
        )
    if alone := sorted(feature_paths.keys() - label_paths.keys()):
        raise JobRefused(f"{alone[0]}.out of channel features has no {alone[0]} in channel labels; add it")
    if alone := sorted(label_paths.keys() - feature_paths.keys()):
        raise JobRefused(
            f"{alone[0]} of channel labels has no {alone[0]}.out in channel features; run the batch transform again"
        )
    return [Pair(feature_paths[name], label_paths[name]) for name in feature_paths]


def _read_rows(path: Path, space: FeatureSpace | None) -> FeatureRows:
    try:
        return read_features(path.read_bytes(), space)
    except RequestRefused as error:
        raise JobRefused(f"{path.name}: {error.message}") from error


def read_categories(path: Path) -> list[str]:
    """Read one category per record from a CSV file of one column without a header line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [_category(path, reader.line_num, record) for record in reader]
    except csv.Error as error:
        raise JobRefused(f"{path.name}, line {reader.line_num}: {error}; write it as RFC 4180 CSV") from error
    except UnicodeDecodeError as error:
        raise JobRefused(f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error


def _category(path: Path, line: int, record: Sequence[str]) -> str:
    if len(record) != 1 or not record[0]:
        found = "an empty column" if len(record) == 1 else f"{len(record)} columns"
        raise JobRefused(f"{path.name}, line {line}: {found} where one category is expected; write one per line")
    return record[0]


def _to_csr(rows: FeatureRows) -> sp.csr_array:
    return sp.csr_array((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.space.n_features))
