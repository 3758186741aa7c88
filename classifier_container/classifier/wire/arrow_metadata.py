"""The little of Arrow's IPC metadata (flatbuffers) that has to be known before pyarrow is let at a message's body.

pyarrow decompresses as it reads, without a limit, so a few megabytes could become any amount of memory. It has verified
the metadata's own structure when it hands out a message. Layout: `Message.fbs` of the Arrow format, and the flatbuffers
internals page.
"""

from __future__ import annotations

import struct

_MESSAGE_HEADER = 2
_RECORD_BATCH_COMPRESSION = 3


def is_compressed(metadata: bytes) -> bool:
    """Say whether a record batch message declares compressed buffers.

    Raises
    ------
    struct.error
        If the metadata is cut short.
    """
    message = _follow(metadata, 0)
    header = _field(metadata, message, _MESSAGE_HEADER)
    return header is not None and _field(metadata, _follow(metadata, header), _RECORD_BATCH_COMPRESSION) is not None


def _follow(buffer: bytes, position: int) -> int:
    """Return where the offset at `position` points to."""
    offset: int = struct.unpack_from("<I", buffer, position)[0]
    return position + offset


def _field(buffer: bytes, table: int, number: int) -> int | None:
    """Return where a table keeps a field, or None where it has none: the table begins with the distance to its list of
    offsets.
    """
    offsets = table - struct.unpack_from("<i", buffer, table)[0]
    entry = 4 + 2 * number
    if entry >= struct.unpack_from("<H", buffer, offsets)[0]:
        return None
    offset: int = struct.unpack_from("<H", buffer, offsets + entry)[0]
    return table + offset if offset else None
