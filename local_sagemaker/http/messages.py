"""One HTTP request and its answer, between the WSGI application and the services behind it."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import DEFAULT_REGION

HEADERS_KEY = "local_sagemaker.headers"
"""The environ entry with the request's headers as they came (names in lower case): WSGI's own entries cannot tell
`x-amz-meta-a_b` from `x-amz-meta-a-b`."""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_CREDENTIAL = re.compile(r"Credential=[^/,\s]+/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
_INVOCATION = re.compile(r"/endpoints/([^/]+)/(invocations|async-invocations|invocations-response-stream)")
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Request:
    """A request. `path` is still percent-encoded."""

    environ: Environ

    @property
    def method(self) -> str:
        """The method, in upper case."""
        method: str = self.environ["REQUEST_METHOD"]
        return method

    @property
    def path(self) -> str:
        """The path as the client wrote it."""
        path: str = self.environ["REQUEST_URI"].partition("?")[0]
        return path

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        headers: Mapping[str, str] = self.environ[HEADERS_KEY]
        return headers

    @functools.cached_property
    def query(self) -> Mapping[str, str]:
        """The query's parameters; one without `=` has the empty value."""
        return dict(parse_qsl(self.environ["QUERY_STRING"], keep_blank_values=True))

    @property
    def service(self) -> str:
        """The service that the request was signed for; what is not signed can only be meant for S3, or invoke an
        endpoint, as `curl` does.
        """
        _, service = self._signed_for
        return service or ("s3" if self.invocation is None else "sagemaker")

    @property
    def region(self) -> str:
        """The region that the request was signed for."""
        region, _ = self._signed_for
        return region

    @functools.cached_property
    def _signed_for(self) -> tuple[str, str]:
        """The region and the service that the signature names; no service if there is none."""
        match = _CREDENTIAL.search(self.headers.get("authorization", ""))
        if match is not None:
            return match[1], match[2]
        scope = self.query.get("X-Amz-Credential", "").split("/")
        return (scope[2], scope[3]) if len(scope) == 5 else (DEFAULT_REGION, "")

    @property
    def invocation(self) -> re.Match[str] | None:
        """The endpoint, percent-encoded, and the way in which a request invokes it; None if it does not."""
        return _INVOCATION.fullmatch(self.path) if self.method == "POST" else None

    @property
    def body(self) -> Body:
        """The body's bytes, to be read once."""
        return Body(self.environ["wsgi.input"])


class Body:
    """A request's body; knows how to leave the connection fit for the next request."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end.

        Raises
        ------
        AwsError
            `IncompleteBody` if the client stalls, or breaks the rules of chunked bodies.
        """
        try:
            block: bytes = self._stream.read(size)
        except (OSError, ValueError) as error:
            raise AwsError("IncompleteBody", f"The request's body broke off: {error}") from error
        return block

    def up_to(self, size: int) -> bytes:
        """Return the whole body, or its first `size` bytes if it is longer."""
        blocks = []
        while size > 0 and (block := self.read(size)):
            blocks.append(block)
            size -= len(block)
        return b"".join(blocks)

    def drain(self) -> bool:
        """Read and forget the rest, trailers of a chunked body included; False if the connection is unusable then."""
        try:
            while self._stream.read(_BLOCK):
                pass
            if hasattr(self._stream, "read_trailer_lines"):
                for _ in self._stream.read_trailer_lines():
                    pass
        except (OSError, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. A body other than `bytes` is sent piece by piece and needs its `length`; so does an answer to HEAD."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    length: int | None = None

    def send(self, start_response: StartResponse, own_headers: Mapping[str, str]) -> Iterable[bytes]:
        """Start the answer, with headers of the connection's own added, and return its pieces, as WSGI wants it."""
        length = len(self.body) if self.length is None and isinstance(self.body, bytes) else self.length
        headers = [*self.headers.items(), *own_headers.items()]
        if length is not None and self.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers.append(("Content-Length", str(length)))
        start_response(_status_line(self.status), headers)
        return [self.body] if isinstance(self.body, bytes) else self.body


def new_request_id() -> str:
    """Make up the id of a request, as a UUID of version 4; `uuid` would take several steps."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


@functools.cache
def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:  # a container may answer with a status that nobody registered
        return f"{status} Unknown"
