"""What both ends of the wire hold to: the name and version of its format, and where a stream of one row has its
numbers.
"""

from __future__ import annotations

MEDIA_TYPE = "application/vnd.apache.arrow.stream"

FORMAT_VERSION = 1
"""Of the columns and the metadata."""

END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"

_OFFSETS = 8
"""Bytes of a list column's offsets: two int32."""


def number_positions(stream_length: int, n_terms: int) -> tuple[int, int]:
    """Return where the indices and the values of a stream of one row begin, if pyarrow wrote it.

    Such a stream ends in offsets, indices, offsets and values, each padded to eight bytes, and the mark of its end.
    """
    size, padding = 4 * n_terms, 4 * n_terms % 8
    values = stream_length - len(END_OF_STREAM) - padding - size
    return values - _OFFSETS - padding - size, values
