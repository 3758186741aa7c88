"""Reads request bodies as a DMatrix: what the default `input_fn` does, and user code asks for by name."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import xgboost as xgb
from sagemaker_containers import _errors

from .data_utils import CSV, LIBSVM, delimiter_of, get_content_type
from .errors import UserError


def csv_to_dmatrix(text: str | bytes, dtype: Any = np.float64) -> xgb.DMatrix:
    """Read rows of numbers; an empty value is a missing one."""
    lines = (text.decode() if isinstance(text, bytes) else text).strip().split("\n")
    delimiter = delimiter_of(lines[0]) if len(lines[0].split()) > 1 or not _is_number(lines[0]) else ","
    rows = [[value.strip() or "nan" for value in line.split(delimiter)] for line in lines]
    return xgb.DMatrix(np.array(rows).astype(dtype or np.float64))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def libsvm_to_dmatrix(text: str | bytes) -> xgb.DMatrix:
    """Read rows of `<index>:<value>`; whatever stands before them, such as a label, says nothing here."""
    from scipy.sparse import csr_matrix

    lines = (text.decode() if isinstance(text, bytes) else text).strip().split("\n")
    items = [(row, *item.split(":")) for row, line in enumerate(lines) for item in line.split() if ":" in item]
    rows, columns, values = zip(*items) if items else ((), (), ())
    content = (np.array(values, dtype=np.float64), (np.array(rows, dtype=int), np.array(columns, dtype=int)))
    width = int(max(map(int, columns), default=-1)) + 1
    return xgb.DMatrix(csr_matrix(content, shape=(len(lines), width)))


def json_to_jsonlines(json_data: Any) -> bytes:
    """Write the one list in a JSON object as JSON Lines."""
    content = json_data if isinstance(json_data, dict) else json.loads(json_data)
    if len(content) != 1:
        raise ValueError("JSON response is not compatible for conversion to jsonlines.")
    stream = io.BytesIO()
    for entry in next(iter(content.values())):
        stream.write(f"{json.dumps(entry)}\n".encode())
    return stream.getvalue()


_DECODERS = {CSV: csv_to_dmatrix, LIBSVM: libsvm_to_dmatrix}


def decode(body: str | bytes, content_type: str) -> xgb.DMatrix:
    """Read a body of a type; raises the toolkit's UnsupportedFormatError for one that is not read."""
    try:
        decoder = _DECODERS[get_content_type(content_type)]
    except (KeyError, UserError) as error:
        raise _errors.UnsupportedFormatError(content_type) from error
    return decoder(body)
