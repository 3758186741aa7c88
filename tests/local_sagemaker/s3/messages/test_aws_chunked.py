"""The payload within `aws-chunked` bodies."""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.daemon import RunningServer
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.messages.aws_chunked import AwsChunkedPayload
from tests.local_sagemaker.wire import send, signed_for


def encoded(chunks: list[bytes], trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x;chunk-signature=0\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return body + b"0\r\n" + trailer + b"\r\n"


def read_all(payload: AwsChunkedPayload, size: int) -> bytes:
    blocks = []
    while block := payload.read(size):
        blocks.append(block)
    return b"".join(blocks)


@given(chunks=st.lists(st.binary(min_size=1, max_size=300_000), max_size=4), size=st.integers(1, 200_000))
def test_payload_is_what_was_put_in(chunks: list[bytes], size: int) -> None:
    payload = AwsChunkedPayload(io.BytesIO(encoded(chunks, b"x-amz-checksum-crc32: abc\r\n")))
    assert read_all(payload, max(size, 1000)) == b"".join(chunks)
    assert payload.trailers == {"x-amz-checksum-crc32": "abc"}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"5\r\nhel", b"5\r\nhello", b"5\r\nhello!\r\n0\r\n\r\n", b"no\r\n", b"x" * 10_000, b"5\r\nhello\r\n"),
        *(b"-5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"1_0\r\nhello"),
        b"0\r\n" + b"".join(b"x-%d: a\r\n" % number for number in range(1000)) + b"\r\n",
    ],
)
def test_body_that_is_cut_or_malformed_is_refused(body: bytes) -> None:
    with pytest.raises(AwsError, match="IncompleteBody"):
        read_all(AwsChunkedPayload(io.BytesIO(body)), 1000)


def _headers(length: int) -> dict[str, str]:
    return {
        **signed_for("s3"),
        "Content-Encoding": "aws-chunked",
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(length),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }


def _trailer(content: bytes) -> bytes:
    return b"x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(content).to_bytes(4, "big")) + b"\r\n"


def test_upload_with_a_checksum_behind_it_is_stored(server: RunningServer, s3: Any, bucket: str) -> None:
    body = encoded([b"hello ", b"world"], _trailer(b"hello world"))
    answer = send(server, "PUT", f"/{bucket}/key", _headers(11), body)
    assert (answer.status, "x-amz-checksum-crc32" in answer.headers) == (200, True)
    found = s3.get_object(Bucket=bucket, Key="key")
    assert found["Body"].read() == b"hello world"
    assert "ContentEncoding" not in found


def test_checksum_behind_the_upload_is_verified(server: RunningServer, bucket: str) -> None:
    body = encoded([b"hello ", b"world"], _trailer(b"something else"))
    answer = send(server, "PUT", f"/{bucket}/key", _headers(11), body)
    assert (answer.status, b"BadDigest" in answer.body) == (400, True)


def test_upload_shorter_than_announced_is_refused(server: RunningServer, bucket: str) -> None:
    answer = send(server, "PUT", f"/{bucket}/key", _headers(12), encoded([b"hello world"], _trailer(b"hello world")))
    assert (answer.status, b"IncompleteBody" in answer.body) == (400, True)
