"""What the clients ask: single records, batches and bad requests, each with the one answer that is right."""

from __future__ import annotations

import csv
import http.client
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_SCOPE = "local/20260101/us-east-1/sagemaker/aws4_request"
_AUTHORIZATION = f"AWS4-HMAC-SHA256 Credential={_SCOPE}, SignedHeaders=host, Signature=0"
_SECONDS = 90.0
NO_CONTAINER = 0
"""`OriginalStatusCode` where a container died or did not answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; two are the same if all of it is."""

    status: int
    body: bytes

    @property
    def lost(self) -> bool:
        """Whether no container answered; a container's own refusal is an answer."""
        if self.status == 200:
            return False
        try:
            return bool(json.loads(self.body).get("OriginalStatusCode", NO_CONTAINER) == NO_CONTAINER)
        except ValueError:
            return True


@dataclass(frozen=True, slots=True)
class Request:
    """One request to an endpoint."""

    kind: str
    body: bytes
    content_type: str
    accept: str


class Client:
    """One client on one connection, which is opened anew when it breaks."""

    def __init__(self, url: str, endpoint: str) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_SECONDS)
        self._path = f"/endpoints/{endpoint}/invocations"

    def send(self, request: Request) -> Answer:
        """Send a request; raises OSError or HTTPException if there is no answer."""
        headers = {
            "Authorization": _AUTHORIZATION,
            "Content-Type": request.content_type,
            "Accept": request.accept,
        }
        try:
            self._connection.request("POST", self._path, request.body, headers)
            response = self._connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def mix(texts: Sequence[str]) -> list[Request]:
    """Make the requests that clients choose from: as many single records as batches and bad ones together."""
    singles = [Request("single", text.encode(), "text/plain", "application/json") for text in texts[:12]]
    batches = [
        Request("batch", _table(texts[start : start + 40]), "text/csv", "application/jsonlines")
        for start in range(0, 200, 40)
    ]
    bad = [
        Request("bad", b"one,two\n", "text/csv", "application/json"),
        Request("bad", b'{"text": ', "application/json", "application/json"),
        Request("bad", b"\xff\xfe", "text/plain", "application/json"),
        Request("bad", b"x", "image/png", "application/json"),
    ]
    return [*singles, *batches, *bad]


def _table(texts: Sequence[str]) -> bytes:
    table = io.StringIO(newline="")
    csv.writer(table).writerows([text] for text in texts)
    return table.getvalue().encode()
