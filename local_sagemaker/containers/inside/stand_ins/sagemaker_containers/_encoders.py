"""Arrays from and to JSON, CSV and NPY: what the default `input_fn` and `output_fn` speak."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from sagemaker_containers import _content_types, _errors

if TYPE_CHECKING:
    from collections.abc import Callable


def array_to_npy(array_like: Any) -> bytes:
    """Write an array in NumPy's own format."""
    buffer = io.BytesIO()
    np.save(buffer, array_like)
    return buffer.getvalue()


def npy_to_numpy(npy_array: bytes) -> Any:
    """Read NumPy's own format; an array of Python objects is refused, as a pickle from a request would be code."""
    return np.load(io.BytesIO(npy_array), allow_pickle=False)


def array_to_json(array_like: Any) -> str:
    """Write an array, or anything that JSON and arrays can hold, as JSON."""
    return json.dumps(array_like, default=_as_list)


def _as_list(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def json_to_numpy(string_like: str | bytes, dtype: Any = None) -> Any:
    """Read JSON as an array."""
    return np.array(json.loads(string_like), dtype=dtype)


def csv_to_numpy(string_like: str, dtype: Any = None) -> Any:
    """Read CSV as an array of numbers, without axes of length one; of strings where it is not numbers."""
    try:
        array = np.array(list(csv.reader(io.StringIO(string_like), strict=True))).squeeze()
    except Exception as error:
        raise _errors.ClientError(f"Error while decoding csv: {error}") from error
    try:
        return array.astype(dtype)
    except ValueError as error:
        if dtype is None:
            return array
        raise _errors.ClientError(f"Error while writing numpy array: {error}. dtype is: {dtype}") from error


def array_to_csv(array_like: Any) -> str:
    """Write an array of one or two dimensions as CSV, one row per line."""
    array = np.array(array_like)
    stream = io.StringIO()
    try:
        csv.writer(stream, lineterminator="\n", strict=True).writerows(
            array.reshape(-1, 1) if array.ndim == 1 else array
        )
    except csv.Error as error:
        raise _errors.ClientError(f"Error while encoding csv: {error}") from error
    return stream.getvalue()


_ENCODERS: dict[str, Callable[[Any], str | bytes]] = {
    _content_types.NPY: array_to_npy,
    _content_types.CSV: array_to_csv,
    _content_types.JSON: array_to_json,
}
_DECODERS: dict[str, Callable[[Any], Any]] = {
    _content_types.NPY: npy_to_numpy,
    _content_types.CSV: csv_to_numpy,
    _content_types.JSON: json_to_numpy,
}


def decode(obj: Any, content_type: str) -> Any:
    """Read a body of one of the three types as an array; raises UnsupportedFormatError for another."""
    if content_type not in _DECODERS:
        raise _errors.UnsupportedFormatError(content_type)
    return _DECODERS[content_type](obj)


def encode(array_like: Any, content_type: str) -> str | bytes:
    """Write an array as one of the three types; raises UnsupportedFormatError for another."""
    if content_type not in _ENCODERS:
        raise _errors.UnsupportedFormatError(content_type)
    return _ENCODERS[content_type](array_like)
