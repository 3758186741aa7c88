"""Plain HTTP to a server, for what no AWS client would send."""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from local_sagemaker.daemon import RunningServer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def connect(server: RunningServer) -> http.client.HTTPConnection:
    """Open a connection."""
    place = urlsplit(server.url)
    assert place.hostname is not None
    return http.client.HTTPConnection(place.hostname, place.port, timeout=30)


def send(
    server: RunningServer,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] | None = None,
) -> Answer:
    """Send one request on a connection of its own. An iterable body is sent in chunks."""
    connection = connect(server)
    try:
        return exchange(connection, method, path, headers, body)
    finally:
        connection.close()


def exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] | None = None,
) -> Answer:
    """Send one request on an open connection."""
    connection.request(method, path, body, dict(headers or {}), encode_chunked=not isinstance(body, bytes | None))
    response = connection.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def signed_for(service: str) -> dict[str, str]:
    """Return the header that says which service a request is for."""
    scope = f"local/20260101/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
