"""SageMaker's own sparse records, `application/x-recordio-protobuf`, which its built-in algorithms train on.

Written by hand, since the image's protobuf is pure Python and slow. A record is framed as RecordIO frames it (magic
number, length, payload padded to four bytes); the payload is this part of `aialgs.data.Record`, as
`sagemaker_containers/record_pb2.py` declares it::

    Record.features (1, map) -> key (1) "values", value (2) -> Value.float32_tensor (2)
    Float32Tensor: values (1, packed float), keys (2, packed uint64), shape (3, packed uint64)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..features.term_rows import TermRows

_MAGIC = 0xCED7230A
_LENGTH_DELIMITED = 2


def encode_recordio(batches: Iterable[TermRows]) -> bytes:
    """Write one record per row."""
    return b"".join(_framed(_record(rows, row)) for rows in batches for row in range(rows.n_rows))


def _framed(payload: bytes) -> bytes:
    return struct.pack("<II", _MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)


def _record(rows: TermRows, row: int) -> bytes:
    here = slice(rows.indptr[row], rows.indptr[row + 1])
    tensor = (
        _field(1, rows.values[here].astype("<f4").tobytes())
        + _field(2, _packed_varints(rows.indices[here]))
        + _field(3, _varint(rows.n_features))
    )
    entry = _field(1, b"values") + _field(2, _field(2, tensor))
    return _field(1, entry)


def _field(number: int, content: bytes) -> bytes:
    """Write a length-delimited field; protobuf leaves an empty packed field out."""
    if not content:
        return b""
    return bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def _packed_varints(values: NDArray[np.int32]) -> bytes:
    """Write non-negative numbers as varints, one after the other: seven bits a byte, lowest first, the top bit says
    that more follow.
    """
    shifts = np.arange(0, 35, 7)
    groups = values[:, np.newaxis].astype(np.int64) >> shifts
    follows = groups[:, 1:] > 0
    encoded = (groups & 0x7F).astype(np.uint8)
    encoded[:, :-1] |= follows.astype(np.uint8) << 7
    is_written = np.concatenate([np.ones((len(values), 1), bool), follows], axis=1)
    written: NDArray[np.uint8] = encoded[is_written]
    return written.tobytes()
