"""Arrow streams as the wire has them, and as it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

Stream = Callable[..., bytes]
METADATA = {"n_features": "10", "fingerprint": "abc", "format_version": "1"}


@pytest.fixture(scope="session")
def stream() -> Stream:
    """Write a stream with pyarrow; each of `batches` is a list of (indices, values) rows."""

    def write(
        *batches: Sequence[tuple[Sequence[int | None], Sequence[float | None]]],
        types: Mapping[str, pa.DataType] | None = None,
        options: pa.ipc.IpcWriteOptions | None = None,
        **metadata: Any,
    ) -> bytes:
        types = types or {"indices": pa.list_(pa.int32()), "values": pa.list_(pa.float32())}
        kept = {name: str(value) for name, value in {**METADATA, **metadata}.items() if value is not None}
        schema = pa.schema(types, metadata=kept)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema, options=options) as writer:
            for rows in batches:
                columns = [
                    pa.array([row[position] for row in rows], field.type) for position, field in enumerate(schema)
                ]
                writer.write_batch(pa.record_batch(columns, schema=schema))
        encoded: bytes = sink.getvalue().to_pybytes()
        return encoded

    return write
