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
    pairs = _pair(features, labels)
    parts: list[FeatureRows] = []
    categories: list[str] = []
    for feature_path, label_path in pairs:
        parts.append(_read_rows(feature_path, parts[0].space if parts else None))
        named = _read_categories(label_path)
        if parts[-1].n_rows != len(named):
            raise JobRefused(
                f"{feature_path.name} has {parts[-1].n_rows} rows but {label_path.name} has {len(named)} labels; "
                "run the batch transform again over the texts that these labels belong to"
            )
        categories += named
    return TrainingSet(
        sp.vstack([_to_csr(part) for part in parts], format="csr"), categories, parts[0].space, len(pairs)
    )


def _pair(features: Path, labels: Path) -> list[tuple[Path, Path]]:
    """Pair the files of two folders by name: `x.csv.out` goes with `x.csv`."""
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
    return [(feature_paths[name], label_paths[name]) for name in feature_paths]


def _read_rows(path: Path, space: FeatureSpace | None) -> FeatureRows:
    try:
        return read_features(path.read_bytes(), space)
    except RequestRefused as error:
        raise JobRefused(f"{path.name}: {error.message}") from error


def _read_categories(path: Path) -> list[str]:
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
