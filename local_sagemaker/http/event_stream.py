"""AWS's event stream encoding (`application/vnd.amazon.eventstream`): messages with headers and checksums."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7
"""The type of a header's value that is text."""


def event(name: str, payload: bytes) -> bytes:
    """Write an event whose payload is bytes.

    Examples
    --------
    >>> len(event("PayloadPart", b"abc"))
    108
    """
    return message(
        {":event-type": name, ":content-type": "application/octet-stream", ":message-type": "event"}, payload
    )


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Write a message: lengths and their checksum, headers, payload, and the checksum of it all."""
    written = b"".join(_header(name, value) for name, value in headers.items())
    lengths = struct.pack("!II", 12 + len(written) + len(payload) + 4, len(written))
    head = lengths + struct.pack("!I", zlib.crc32(lengths)) + written + payload
    return head + struct.pack("!I", zlib.crc32(head))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", _TEXT, len(text)) + text
