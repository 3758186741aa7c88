"""Presigned URLs, as a browser or curl uses them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config

from local_sagemaker.daemon import RunningServer
from tests.local_sagemaker.conftest import ClientFactory
from tests.local_sagemaker.wire import Answer, send


@pytest.fixture(params=["s3v4", "s3"])
def signer(client: ClientFactory, request: pytest.FixtureRequest) -> Any:
    """A client that signs with version 4 or 2."""
    return client("s3", config=Config(signature_version=request.param))


def follow(server: RunningServer, method: str, url: str, body: bytes | None = None) -> Answer:
    place = urlsplit(url)
    return send(server, method, f"{place.path}?{place.query}", None, body)


def test_object_is_put_and_got_by_url(server: RunningServer, signer: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "a b/ü.txt"}
    put = signer.generate_presigned_url("put_object", place)
    assert follow(server, "PUT", put, b"hello").status == 200
    get = signer.generate_presigned_url("get_object", {**place, "ResponseContentType": "text/plain"})
    answer = follow(server, "GET", get)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/plain", b"hello")


def test_url_ends_when_it_says(server: RunningServer, signer: Any, bucket: str) -> None:
    url = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "key"}, ExpiresIn=-1)
    answer = follow(server, "GET", url)
    assert (answer.status, b"Request has expired" in answer.body) == (403, True)


def test_header_cannot_be_broken_out_of(server: RunningServer, signer: Any, bucket: str) -> None:
    signer.put_object(Bucket=bucket, Key="key", Body=b"")
    wanted = {"Bucket": bucket, "Key": "key", "ResponseContentType": "text/plain\r\nSet-Cookie: a=b"}
    answer = follow(server, "GET", signer.generate_presigned_url("get_object", wanted))
    assert (answer.status, b"InvalidArgument" in answer.body) == (400, True)
