"""The wire from the preprocessor: Arrow IPC streams of sparse rows, read and checked so that what comes out can be
computed with.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import BodyTooLarge, RequestRefused
from .arrow_format import END_OF_STREAM, FORMAT_VERSION
from .arrow_metadata import is_compressed

MAX_RECORDS = 1_000_000
"""In one request; an Arrow row may take no more than eight bytes, and its answer takes hundreds."""

MAX_BODY_BYTES = 256 * 2**20
"""In one request; SageMaker hands the preprocessor at most 100 MB of text at once, and its rows take less room than
their texts.
"""

_SAME_RUN = "Deploy the preprocessor and the classifier of the same training run."
_COLUMNS = {"indices": pa.int32(), "values": pa.float32()}


@dataclass(frozen=True, slots=True)
class FeatureSpace:
    """Which columns the rows have: their number, and the fingerprint of the vocabulary and weights that made them."""

    n_features: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """Sparse rows in CSR form, column indices ascending within each row, values finite and not negative."""

    indptr: NDArray[np.int64]
    """Shape (n_rows + 1,): row r is at indptr[r]:indptr[r + 1]."""
    indices: NDArray[np.int32]
    """Shape (n_nonzero,)."""
    values: NDArray[np.float32]
    """Shape (n_nonzero,)."""
    space: FeatureSpace

    @property
    def n_rows(self) -> int:
        return len(self.indptr) - 1


def read_features(body: bytes, expected: FeatureSpace | None = None) -> FeatureRows:
    """Read one stream, or several one after the other (what a binary batch transform writes), as one matrix.

    Parameters
    ----------
    body : bytes
    expected : FeatureSpace, optional
        What the rows must be of; without it, whatever the first stream says.

    Raises
    ------
    RequestRefused
        If the body is no such stream, or its rows are not those of `expected`; the message names the record where there
        is one.
    """
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLarge(
            "BodyTooLarge", f"The body has {len(body):,} bytes; send at most {MAX_BODY_BYTES:,} at once."
        )
    source = pa.BufferReader(body)
    space = expected
    parts: list[FeatureRows] = []
    n_rows = 0
    try:
        while source.tell() < len(body):
            messages = pa.ipc.MessageReader.open_stream(source)
            schema = _read_schema(messages)
            space = _checked_space(schema, space)
            for batch in _read_batches(messages, schema):
                n_rows += batch.num_rows
                if n_rows > MAX_RECORDS:
                    raise BodyTooLarge(
                        "TooManyRecords", f"The body has more than {MAX_RECORDS:,} records; send fewer at once."
                    )
                parts.append(_to_rows(batch, space))
            _check_end(body[source.tell() - len(END_OF_STREAM) : source.tell()])
    except (pa.ArrowException, OSError, EOFError, ValueError, struct.error) as error:
        raise _malformed(str(error).partition("\n")[0]) from error
    if space is None or not len(body):
        raise RequestRefused("EmptyBody", "The body is empty; send an Arrow stream, which may hold no rows.")
    rows = _joined(parts, space)
    _check_rows(rows)
    return rows


def _malformed(reason: str) -> RequestRefused:
    message = (
        f"The body is not a whole Arrow IPC stream, or several one after the other: {reason}. Send what "
        "the preprocessor wrote, as it wrote it (a batch transform keeps it so with AssembleWith None)."
    )
    return RequestRefused("MalformedArrow", message)


def _read_schema(messages: pa.ipc.MessageReader) -> pa.Schema:
    """Read the message that a stream begins with, and see that it announces our two columns."""
    message = next(_messages(messages, "schema"), None)
    if message is None:
        raise ValueError("a stream ends before its schema")
    schema = pa.ipc.read_schema(message)
    if [(field.name, _item_type(field)) for field in schema] != list(_COLUMNS.items()):
        found = ", ".join(f"{field.name}: {field.type}" for field in schema)
        raise ValueError(f"its columns are {found}, not indices: list<int32>, values: list<float32>")
    return schema


def _item_type(field: pa.Field) -> pa.DataType | None:
    return field.type.value_type if pa.types.is_list(field.type) else None


def _read_batches(messages: pa.ipc.MessageReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield a stream's record batches that hold rows, each sound in itself."""
    for message in _messages(messages, "record batch"):
        if is_compressed(message.metadata.to_pybytes()):
            raise ValueError("a record batch is compressed; send it uncompressed")
        batch = pa.ipc.read_record_batch(message, schema)
        batch.validate(full=True)
        if batch.num_rows:
            yield batch


def _messages(messages: pa.ipc.MessageReader, kind: str) -> Iterator[pa.ipc.Message]:
    """Yield the messages up to the end of the stream; each must be of one kind."""
    while True:
        try:
            message = messages.read_next_message()
        except StopIteration:
            return
        if message.type != kind:
            raise ValueError(f"a {message.type} message stands where a {kind} is expected")
        yield message


def _check_end(last_bytes: bytes) -> None:
    """See that a stream was closed: one that was cut between two batches reads well otherwise."""
    if last_bytes != END_OF_STREAM:
        raise ValueError("its end-of-stream mark is missing, so rows may be missing too")


def _checked_space(schema: pa.Schema, expected: FeatureSpace | None) -> FeatureSpace:
    """Take the feature space out of a schema's metadata and see that it is the expected one."""
    metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    version = metadata.get("format_version")
    if version != str(FORMAT_VERSION):
        message = f"The stream's format_version is {version}, this classifier reads {FORMAT_VERSION}. {_SAME_RUN}"
        raise RequestRefused("WrongFormatVersion", message)
    space = FeatureSpace(int(metadata.get("n_features", "")), metadata.get("fingerprint", ""))
    if expected is not None and space != expected:
        raise _foreign(space, expected)
    return space


def _foreign(found: FeatureSpace, expected: FeatureSpace) -> RequestRefused:
    if found.n_features != expected.n_features:
        what = f"The rows have {found.n_features} features, this classifier was trained on {expected.n_features}."
        return RequestRefused("WrongFeatureCount", f"{what} {_SAME_RUN}")
    what = (
        f"The rows were made by another preprocessor (fingerprint {found.fingerprint[:12]}) than the one that this "
        f"classifier was trained with ({expected.fingerprint[:12]})."
    )
    return RequestRefused("ForeignFingerprint", f"{what} {_SAME_RUN}")


def _to_rows(batch: pa.RecordBatch, space: FeatureSpace) -> FeatureRows:
    indptr, indices = _unpacked(batch.column(0), np.int32)
    value_indptr, values = _unpacked(batch.column(1), np.float32)
    if not np.array_equal(indptr, value_indptr):
        raise ValueError("a row of it has another number of indices than of values")
    return FeatureRows(indptr, indices, values, space)


def _unpacked(column: pa.ListArray, dtype: type[np.generic]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return a list column's offsets, from 0, and its items; no copy of the items is made."""
    if column.null_count or column.values.null_count:
        raise ValueError("there are nulls in it")
    offsets = _to_numpy(column.offsets, np.int32).astype(np.int64)
    return offsets - offsets[0], _to_numpy(column.values, dtype)[offsets[0] : offsets[-1]]


def _to_numpy(array: pa.Array, dtype: type[np.generic]) -> NDArray[Any]:
    """View an array without nulls; pyarrow's own `to_numpy` imports pandas, half a second and 50 MB of a worker."""
    if not len(array):
        return np.empty(0, dtype)
    return np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]


def _joined(parts: Sequence[FeatureRows], space: FeatureSpace) -> FeatureRows:
    if len(parts) == 1:
        return parts[0]
    indptr = np.zeros(1 + sum(part.n_rows for part in parts), np.int64)
    np.cumsum(np.concatenate([np.empty(0, np.int64), *(np.diff(part.indptr) for part in parts)]), out=indptr[1:])
    indices = np.concatenate([np.empty(0, np.int32), *(part.indices for part in parts)])
    values = np.concatenate([np.empty(0, np.float32), *(part.values for part in parts)])
    return FeatureRows(indptr, indices, values, space)


def _check_rows(rows: FeatureRows) -> None:
    """See that every row can be computed with; say which one cannot."""
    n_features = rows.space.n_features
    outside = (rows.indices < 0) | (rows.indices >= n_features)
    _refuse_where(outside, rows, "IndexOutOfRange", f"has an index outside 0 to {n_features - 1}")
    follows = np.diff(rows.indices, prepend=-1) > 0
    follows[rows.indptr[:-1][rows.indptr[:-1] < len(follows)]] = True
    _refuse_where(~follows, rows, "UnsortedIndices", "has indices that do not ascend")
    usable = np.isfinite(rows.values) & (rows.values >= 0)
    _refuse_where(~usable, rows, "ImpossibleValue", "has a value that is negative or not finite")


def _refuse_where(bad: NDArray[np.bool_], rows: FeatureRows, code: str, what: str) -> None:
    if bad.any():
        record = int(np.searchsorted(rows.indptr, np.argmax(bad), side="right"))
        raise RequestRefused(code, f"Record {record} {what}; the preprocessor writes no such row.", record)
