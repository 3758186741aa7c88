"""What arrives is either rows that can be computed with, or refused with the reason; memory stays bounded."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier_container.classifier.errors import BodyTooLarge, RequestRefused
from classifier_container.classifier.wire import feature_stream
from classifier_container.classifier.wire.feature_stream import FeatureSpace, read_features
from tests.classifier_container.conftest import Stream

SPACE = FeatureSpace(10, "abc")
ROWS = [([1, 5], [0.5, 0.25]), ([], []), ([9], [1.0])]


def refusal(body: bytes, expected: FeatureSpace | None = SPACE) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        read_features(body, expected)
    assert caught.value.status in (400, 413)
    return caught.value


def test_rows_are_read_as_written(stream: Stream) -> None:
    rows = read_features(stream(ROWS), SPACE)
    assert rows.indptr.tolist() == [0, 2, 2, 3]
    assert rows.indices.tolist() == [1, 5, 9]
    assert rows.values.tolist() == [0.5, 0.25, 1.0]
    assert (rows.indices.dtype.name, rows.values.dtype.name, rows.space) == ("int32", "float32", SPACE)


def test_batches_and_concatenated_streams_are_one_matrix(stream: Stream) -> None:
    several = stream(ROWS, [], ROWS[:1]) + stream() + stream([]) + stream(ROWS[2:])
    assert read_features(several, SPACE).indptr.tolist() == [0, 2, 2, 3, 5, 6]
    assert read_features(several, SPACE).indices.tolist() == [1, 5, 9, 1, 5, 9]


@pytest.mark.parametrize("batches", [(), ([],), ([([], [])],)])
def test_no_rows_and_empty_rows_are_rows(
    stream: Stream, batches: tuple[list[tuple[list[int], list[float]]], ...]
) -> None:
    rows = read_features(stream(*batches), SPACE)
    assert rows.n_rows == sum(map(len, batches))
    assert len(rows.values) == 0


def with_offsets(body: bytes, *offsets: int) -> bytes:
    """Put other list offsets into both columns of a stream of `ROWS`."""
    written = struct.pack("<4i", 0, 2, 2, 3)
    assert body.count(written) == 2
    return body.replace(written, struct.pack("<4i", *offsets))


def test_lists_that_do_not_begin_at_zero_are_read(stream: Stream) -> None:
    rows = read_features(with_offsets(stream(ROWS), 1, 2, 2, 3), SPACE)
    assert (rows.indptr.tolist(), rows.indices.tolist()) == ([0, 1, 1, 2], [5, 9])


@pytest.mark.parametrize("offsets", [(0, 2, 1, 3), (0, 2, 2, 4), (-1, 2, 2, 3), (0, 2, 2**30, 3)])
def test_impossible_offsets_are_refused(stream: Stream, offsets: tuple[int, int, int, int]) -> None:
    assert refusal(with_offsets(stream(ROWS), *offsets)).code == "MalformedArrow"


def test_space_is_taken_from_the_stream_when_none_is_expected(stream: Stream) -> None:
    assert read_features(stream(ROWS, n_features=11, fingerprint="x")).space == FeatureSpace(11, "x")


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"n_features": 11}, "WrongFeatureCount"),
        ({"fingerprint": "xyz"}, "ForeignFingerprint"),
        ({"fingerprint": None}, "ForeignFingerprint"),
        ({"format_version": 2}, "WrongFormatVersion"),
        ({"format_version": None}, "WrongFormatVersion"),
        ({"n_features": "many"}, "MalformedArrow"),
        ({"n_features": None}, "MalformedArrow"),
    ],
)
def test_rows_of_another_space_are_refused(stream: Stream, metadata: dict[str, object], code: str) -> None:
    assert refusal(stream(ROWS, **metadata)).code == code


def test_second_stream_of_another_space_is_refused(stream: Stream) -> None:
    assert refusal(stream(ROWS) + stream(ROWS, fingerprint="xyz"), None).code == "ForeignFingerprint"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (([3, 10], [1.0, 1.0]), "IndexOutOfRange"),
        (([-1, 3], [1.0, 1.0]), "IndexOutOfRange"),
        (([5, 4], [1.0, 1.0]), "UnsortedIndices"),
        (([4, 4], [1.0, 1.0]), "UnsortedIndices"),
        (([4], [float("nan")]), "ImpossibleValue"),
        (([4], [float("inf")]), "ImpossibleValue"),
        (([4], [-0.5]), "ImpossibleValue"),
    ],
)
def test_impossible_row_is_refused_with_its_number(
    stream: Stream, row: tuple[list[int], list[float]], code: str
) -> None:
    told = refusal(stream(ROWS, [ROWS[0], ROWS[1], row, ROWS[2]]))
    assert (told.code, told.record) == (code, 6)


def test_unequal_lists_are_refused(stream: Stream) -> None:
    assert "another number of indices than of values" in refusal(stream([([1, 2], [1.0])])).message


def test_nulls_are_refused(stream: Stream) -> None:
    assert "nulls" in refusal(stream([([1, None], [1.0, 1.0])])).message
    assert "nulls" in refusal(stream([(None, None)])).message


@pytest.mark.parametrize(
    "types",
    [
        {"indices": pa.list_(pa.int64()), "values": pa.list_(pa.float32())},
        {"indices": pa.list_(pa.int32()), "values": pa.list_(pa.float64())},
        {"values": pa.list_(pa.float32()), "indices": pa.list_(pa.int32())},
        {"indices": pa.int32(), "values": pa.float32()},
        {"indices": pa.large_list(pa.int32()), "values": pa.list_(pa.float32())},
        {"indices": pa.list_(pa.int32())},
    ],
)
def test_other_columns_are_refused(stream: Stream, types: dict[str, pa.DataType]) -> None:
    assert "its columns are" in refusal(stream(types=types)).message


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_batches_are_refused_before_they_grow(stream: Stream, compression: str) -> None:
    bomb = stream([([0] * 2_000_000, [0.0] * 2_000_000)], options=pa.ipc.IpcWriteOptions(compression=compression))
    assert len(bomb) < 100_000
    before = pa.default_memory_pool().max_memory()
    assert "compressed" in refusal(bomb).message
    assert pa.default_memory_pool().max_memory() == before


def test_every_truncation_is_refused(stream: Stream) -> None:
    whole = stream(ROWS, ROWS)
    for length in range(1, len(whole)):
        assert refusal(whole[:length]).code == "MalformedArrow"


@pytest.mark.parametrize("between", [b"\n", b"\x00" * 8, b"x"])
def test_bytes_between_streams_are_refused_with_the_way_to_write_them(stream: Stream, between: bytes) -> None:
    assert "AssembleWith None" in refusal(stream(ROWS) + between + stream(ROWS)).message


@pytest.mark.parametrize("body", [b"\n", b"{}", b"\xff" * 64, b"\x00" * 64, b"PK\x03\x04" * 20])
def test_what_is_no_arrow_is_refused(body: bytes) -> None:
    assert refusal(body).code == "MalformedArrow"


def test_empty_body_is_refused() -> None:
    assert refusal(b"").code == "EmptyBody"


@pytest.mark.parametrize("n_rows", [10**9, 900_000, 4])
def test_rows_announced_on_too_few_bytes_take_no_memory(stream: Stream, n_rows: int) -> None:
    body = stream(ROWS)
    announced = body.replace(struct.pack("<q", len(ROWS)), struct.pack("<q", n_rows))
    assert announced != body
    tracemalloc.start()
    try:
        assert refusal(announced).code in ("MalformedArrow", "TooManyRecords")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_too_many_records_and_too_large_a_body_are_refused(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_stream, "MAX_RECORDS", 5)
    with pytest.raises(BodyTooLarge, match="more than 5 records"):
        read_features(stream(ROWS, ROWS), SPACE)
    monkeypatch.setattr(feature_stream, "MAX_BODY_BYTES", 50)
    with pytest.raises(BodyTooLarge, match="at most 50 at once"):
        read_features(stream(ROWS), SPACE)


@given(data=st.data())
def test_flipped_bytes_are_read_or_refused(stream: Stream, data: st.DataObject) -> None:
    body = bytearray(stream(ROWS, ROWS[:1]) + stream(ROWS[2:]))
    for position in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=4)):
        body[position] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(RequestRefused):
        rows = read_features(bytes(body), SPACE)
        assert rows.n_rows <= 6
        assert len(rows.indices) == len(rows.values) == rows.indptr[-1]


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(body: bytes) -> None:
    refusal(body)
