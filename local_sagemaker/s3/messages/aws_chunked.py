"""The `aws-chunked` content encoding: the payload in chunks within the body, with checksums that come after it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.data_files import Readable

_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_LONGEST_LINE = 8192
_MOST_TRAILERS = 100
_BLOCK = 1 << 16


class AwsChunkedPayload:
    """Reads the payload of an `aws-chunked` body. Chunk signatures are not checked.

    Parameters
    ----------
    source : Readable
        The encoded body.
    """

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._buffer = b""
        self._left_in_chunk = 0
        self._ended = False
        self._trailers: dict[str, str] = {}

    @property
    def trailers(self) -> Mapping[str, str]:
        """What came after the payload, names in lower case; complete once `read` has returned nothing."""
        return self._trailers

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes of payload.

        Raises
        ------
        AwsError
            `IncompleteBody` if the body ends early or is not in chunks.
        """
        if self._left_in_chunk == 0 and not self._ended:
            self._begin_chunk()
        if self._ended:
            return b""
        if not self._buffer:
            self._fill()
        block = self._buffer[: min(size, self._left_in_chunk)]
        self._buffer = self._buffer[len(block) :]
        self._left_in_chunk -= len(block)
        if self._left_in_chunk == 0:
            self._end_of_chunk()
        return block

    def _begin_chunk(self) -> None:
        length = self._line().partition(b";")[0]
        if _SIZE.fullmatch(length) is None:
            raise _incomplete(f"{length[:20]!r} is no chunk size")
        self._left_in_chunk = int(length, 16)
        if self._left_in_chunk == 0:
            self._ended = True
            self._read_trailers()

    def _end_of_chunk(self) -> None:
        if self._line() != b"":
            raise _incomplete("a chunk is longer than it says")

    def _read_trailers(self) -> None:
        while line := self._line(last=True):
            name, _, value = line.decode("latin-1").partition(":")
            self._trailers[name.strip().lower()] = value.strip()
            if len(self._trailers) > _MOST_TRAILERS:
                raise _incomplete("it has too many trailers")

    def _line(self, last: bool = False) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise _incomplete("a chunk header is too long")
            block = self._source.read(_BLOCK)
            if not block:
                if last:  # some clients leave the closing empty line out
                    line, self._buffer = self._buffer, b""
                    return line
                raise _incomplete("the body ends within a chunk")
            self._buffer += block
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _fill(self) -> None:
        self._buffer = self._source.read(_BLOCK)
        if not self._buffer:
            raise _incomplete("the body ends within a chunk")


def _incomplete(why: str) -> AwsError:
    return AwsError("IncompleteBody", f"The aws-chunked body cannot be read: {why}")
