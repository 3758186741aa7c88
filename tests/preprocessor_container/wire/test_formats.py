"""What the preprocessor writes, read by somebody else's reader: pyarrow, scipy, Google's protobuf."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from preprocessor_container.preprocessor.errors import UnsupportedAccept
from preprocessor_container.preprocessor.features.term_rows import TermRows
from preprocessor_container.preprocessor.wire.arrow_stream import Wire
from preprocessor_container.preprocessor.wire.formats import choose_format

ARROW, NPZ, RECORDIO = (
    "application/vnd.apache.arrow.stream",
    "application/x-npz",
    "application/x-recordio-protobuf",
)
N_FEATURES = 3_000_000_000 // 2
WIRE = Wire(N_FEATURES, "f" * 64)


def rows(*lists: dict[int, float]) -> TermRows:
    indptr = np.cumsum([0, *map(len, lists)], dtype=np.int32)
    indices = np.array([index for row in lists for index in row], np.int32)
    values = np.array([value for row in lists for value in row.values()], np.float32)
    return TermRows(indptr, indices, values, N_FEATURES)


BATCHES = [
    rows({0: 0.5, 127: 0.25, 128: 1.0}, {}, {16_383: 0.125, 16_384: 0.5, 2**21: 3.0, 2**28: 0.75, N_FEATURES - 1: 1.0}),
    rows({5: 1.0}),
]
EXPECTED = [
    {0: 0.5, 127: 0.25, 128: 1.0},
    {},
    {16_383: 0.125, 16_384: 0.5, 2**21: 3.0, 2**28: 0.75, N_FEATURES - 1: 1.0},
    {5: 1.0},
]


def test_arrow_has_the_columns_types_and_metadata_of_the_wire() -> None:
    table = pa.ipc.open_stream(choose_format(ARROW).encode(BATCHES, WIRE)).read_all()
    table.validate(full=True)
    assert table.schema.names == ["indices", "values"]
    assert table.schema.types == [pa.list_(pa.int32()), pa.list_(pa.float32())]
    expected = {b"n_features": str(N_FEATURES).encode(), b"fingerprint": b"f" * 64, b"format_version": b"1"}
    assert table.schema.metadata == expected
    assert [dict(zip(row["indices"], row["values"], strict=True)) for row in table.to_pylist()] == EXPECTED


def test_npz_is_what_scipy_loads() -> None:
    matrix = sp.load_npz(io.BytesIO(choose_format(NPZ).encode(BATCHES, WIRE)))
    assert matrix.shape == (4, N_FEATURES)
    assert matrix.dtype == np.float32
    assert [{int(i): float(v) for i, v in zip(row.indices, row.data, strict=True)} for row in matrix] == EXPECTED


def test_recordio_is_what_protobuf_reads() -> None:
    message = record_class()
    records = [message.FromString(payload) for payload in payloads(choose_format(RECORDIO).encode(BATCHES, WIRE))]
    tensors = [record.features["values"].float32_tensor for record in records]
    assert [dict(zip(tensor.keys, tensor.values, strict=True)) for tensor in tensors] == EXPECTED
    assert [list(tensor.shape) for tensor in tensors] == [[N_FEATURES]] * 4
    assert [message.FromString(record.SerializeToString(deterministic=True)) for record in records] == records


@pytest.mark.parametrize("media_type", [ARROW, NPZ, RECORDIO])
def test_no_rows_are_a_whole_answer_too(media_type: str) -> None:
    encoded = choose_format(media_type).encode([], WIRE)
    if media_type == ARROW:
        assert pa.ipc.open_stream(encoded).read_all().num_rows == 0
    elif media_type == NPZ:
        assert sp.load_npz(io.BytesIO(encoded)).shape == (0, N_FEATURES)
    else:
        assert encoded == b""


def test_arrow_is_preferred() -> None:
    assert choose_format("*/*").media_type == ARROW
    assert choose_format("application/json;q=0.9, */*;q=0.1").media_type == ARROW


def test_json_is_refused_with_the_variable_that_was_forgotten() -> None:
    with pytest.raises(UnsupportedAccept, match=f"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT={ARROW}"):
        choose_format("application/json")


def payloads(stream: bytes) -> Iterator[bytes]:
    """Take RecordIO's frames off, as `sagemaker_containers._recordio` does."""
    position = 0
    while position < len(stream):
        magic, length = struct.unpack_from("<II", stream, position)
        assert magic == 0xCED7230A
        yield stream[position + 8 : position + 8 + length]
        position += 8 + (length + 3) // 4 * 4
    assert position == len(stream)


def record_class() -> Any:
    """Build `aialgs.data.Record` as `sagemaker_containers/record_pb2.py` declares it (what we use of it)."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="record.proto", package="aialgs.data")
    tensor = file.message_type.add(name="Float32Tensor")
    for number, (name, kind) in enumerate(
        [("values", kinds.TYPE_FLOAT), ("keys", kinds.TYPE_UINT64), ("shape", kinds.TYPE_UINT64)], 1
    ):
        field = tensor.field.add(name=name, number=number, label=kinds.LABEL_REPEATED, type=kind)
        field.options.packed = True
    value = file.message_type.add(name="Value")
    value.field.add(
        name="float32_tensor", number=2, label=1, type=kinds.TYPE_MESSAGE, type_name=".aialgs.data.Float32Tensor"
    )
    record = file.message_type.add(name="Record")
    entry = record.nested_type.add(name="FeaturesEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=kinds.TYPE_STRING)
    entry.field.add(name="value", number=2, label=1, type=kinds.TYPE_MESSAGE, type_name=".aialgs.data.Value")
    record.field.add(
        name="features", number=1, label=3, type=kinds.TYPE_MESSAGE, type_name=".aialgs.data.Record.FeaturesEntry"
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("aialgs.data.Record"))
