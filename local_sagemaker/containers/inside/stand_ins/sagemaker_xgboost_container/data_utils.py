"""Reads a channel's files as a DMatrix: CSV and Parquet with the label in the first column, and libsvm."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xgboost as xgb

CSV, LIBSVM, PARQUET, RECORDIO = "csv", "libsvm", "parquet", "recordio-protobuf"

_TYPES = {
    CSV: CSV,
    "text/csv": CSV,
    LIBSVM: LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    PARQUET: PARQUET,
    "application/x-parquet": PARQUET,
    RECORDIO: RECORDIO,
    "application/x-recordio-protobuf": RECORDIO,
}


def get_content_type(content_type: str | None) -> str:
    """Give the format that a content type names; none names libsvm, as on AWS.

    Raises
    ------
    UserError
        For another one, and for a CSV whose label is not its one first column.
    """
    name, *parameters = (part.strip().lower() for part in (content_type or LIBSVM).split(";"))
    if name not in _TYPES:
        raise UserError(f"{content_type} is not an accepted ContentType: {', '.join(_TYPES)}.")
    for parameter in parameters:
        if parameter.startswith("label_size") and parameter.replace(" ", "") != "label_size=1":
            raise UserError(f"{content_type} is not an accepted csv ContentType. Its label_size must be equal to 1")
    return _TYPES[name]


def get_dmatrix(
    data_path: str | Sequence[str], content_type: str, csv_weights: int = 0, is_pipe: bool = False
) -> xgb.DMatrix | None:
    """Read files as one matrix.

    Parameters
    ----------
    data_path : str or sequence of str
        Files, or folders of them.
    content_type : str
        Their format.
    csv_weights : int
        1 if the second column of a CSV is each row's weight.
    is_pipe : bool
        Pipe mode, which is not here.

    Returns
    -------
    DMatrix or None
        None where there is no file.

    Raises
    ------
    UserError
        If they cannot be read as that format.
    """
    if is_pipe:
        raise UserError("Pipe mode is not part of the local runtime; use File.")
    file_format = get_content_type(content_type)
    files = list(data_files([data_path] if isinstance(data_path, str) else data_path))
    if file_format == RECORDIO:
        raise UserError("recordio-protobuf is not read by the local runtime; use csv, libsvm or parquet.")
    if not files:
        return None
    try:
        if file_format == LIBSVM:
            return _libsvm(files)
        return _labelled(_parquet(files) if file_format == PARQUET else _csv(files), csv_weights)
    except (ValueError, OSError) as error:
        raise UserError(f"Failed to load {file_format} data with exception:\n{error}") from error


def data_files(paths: Sequence[str]) -> Iterator[Path]:
    """Find the files that hold data, those in folders by their names; what begins with `.` or `_` holds none."""
    for path in map(Path, paths):
        found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        yield from (each for each in found if not each.name.startswith((".", "_")))


def delimiter_of(line: str) -> str:
    """Find what stands between the values of a line: a comma if there is one; else it is guessed, as in the image."""
    if "," in line:
        return ","
    try:
        guess = csv.Sniffer().sniff(line[:512]).delimiter
    except csv.Error as error:
        raise UserError(f"Could not determine delimiter on line {line[:50]}:\n{error}") from error
    return "," if guess.isalnum() else guess


def _csv(files: Sequence[Path]) -> Any:
    import pandas as pd

    with files[0].open(errors="ignore") as first:
        delimiter = delimiter_of(first.readline().strip())
    frames = (pd.read_csv(file, header=None, sep=delimiter, dtype=np.float32) for file in files)
    return pd.concat(frames, ignore_index=True).to_numpy()


def _parquet(files: Sequence[Path]) -> Any:
    import pandas as pd

    return pd.concat((pd.read_parquet(file) for file in files), ignore_index=True).to_numpy(dtype=np.float32)


def _labelled(rows: Any, weights: int) -> xgb.DMatrix:
    """Take the first column for the label and, if there are weights, the second for them."""
    import xgboost as xgb

    if rows.shape[1] < 2 + weights:
        raise ValueError(f"a row has {rows.shape[1]} columns; the label is the first one")
    if not np.isfinite(rows[:, 0]).all():
        raise ValueError("a label is missing")
    return xgb.DMatrix(rows[:, 1 + weights :], label=rows[:, 0], weight=rows[:, 1] if weights else None)


def _libsvm(files: Sequence[Path]) -> xgb.DMatrix:
    """Read `<label>[:<weight>] [qid:<group>] <index>:<value> …`; an index is a column's place, from 0."""
    import xgboost as xgb
    from sklearn.datasets import load_svmlight_file

    text, weights = _without_weights(b"".join(_ending_in_newline(file.read_bytes()) for file in files))
    has_groups = b" qid:" in text
    features, labels, *groups = load_svmlight_file(io.BytesIO(text), zero_based=True, query_id=has_groups)
    return xgb.DMatrix(features, label=labels, weight=weights, qid=groups[0] if has_groups else None)


def _ending_in_newline(text: bytes) -> bytes:
    return text if text.endswith(b"\n") else text + b"\n"


def _without_weights(text: bytes) -> tuple[bytes, list[float] | None]:
    """Take the weights out of the labels, which no other reader knows."""
    if b":" not in text.split(None, 1)[0]:
        return text, None
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    labels = [line[0].partition(b":") for line in lines]
    rest = (b" ".join([label, *line[1:]]) for (label, _, _), line in zip(labels, lines))
    return b"\n".join(rest) + b"\n", [float(weight or 1) for _, _, weight in labels]
