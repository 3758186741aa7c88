"""The digests that S3 clients send along, computed while the bytes pass."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from typing import Protocol

VERIFIED = ("crc32", "sha1", "sha256")
"""The algorithms of `x-amz-checksum-*` that are checked. The others (crc32c, crc64nvme) would need a compiled library:
they are accepted unchecked and not stored, so that no answer vouches for them."""


class Digest(Protocol):
    """What hashlib's objects have in common with `Crc32`."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""


class Crc32:
    """CRC-32 in the shape of a hashlib object."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        """Return the sum as four bytes, big-endian."""
        return self._value.to_bytes(4, "big")


class Digests:
    """Several digests of one stream of bytes."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._digests = {algorithm: _new(algorithm) for algorithm in algorithms}

    def update(self, data: bytes) -> None:
        """Take more bytes."""
        for digest in self._digests.values():
            digest.update(data)

    def results(self) -> Mapping[str, bytes]:
        """Return the digests by algorithm."""
        return {algorithm: digest.digest() for algorithm, digest in self._digests.items()}


def encoded(digest: bytes) -> str:
    """Write a digest as the headers do, in base64."""
    return base64.b64encode(digest).decode()


def _new(algorithm: str) -> Digest:
    return Crc32() if algorithm == "crc32" else hashlib.new(algorithm, usedforsecurity=False)
