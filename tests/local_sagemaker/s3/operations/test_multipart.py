"""Objects that come in parts."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import RunningServer

MEBIBYTE = 1 << 20
FIRST = b"a" * (5 * MEBIBYTE)
LAST = b"the end"


@pytest.fixture
def upload(s3: Any, bucket: str) -> dict[str, str]:
    """What names an upload that has begun."""
    begun = s3.create_multipart_upload(Bucket=bucket, Key="key", ContentType="text/plain", Metadata={"k": "v"})
    return {"Bucket": bucket, "Key": "key", "UploadId": begun["UploadId"]}


def add(s3: Any, upload: dict[str, str], number: int, body: bytes) -> dict[str, Any]:
    etag = s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]
    return {"PartNumber": number, "ETag": etag}


def complete(s3: Any, upload: dict[str, str], parts: list[dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return answer


def test_parts_become_one_object(s3: Any, server: RunningServer, upload: dict[str, str]) -> None:
    parts = [add(s3, upload, 1, FIRST), add(s3, upload, 7, LAST)]
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=upload["Bucket"], Key="key")
    etag = complete(s3, upload, parts)["ETag"]
    digests = hashlib.md5(FIRST).digest() + hashlib.md5(LAST).digest()
    assert etag == f'"{hashlib.md5(digests).hexdigest()}-2"'
    found = s3.get_object(Bucket=upload["Bucket"], Key="key")
    assert found["Body"].read() == FIRST + LAST
    assert (found["ETag"], found["ContentType"], found["Metadata"]) == (etag, "text/plain", {"k": "v"})
    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.list_parts(**upload)


def test_part_sent_again_replaces_the_first(s3: Any, upload: dict[str, str]) -> None:
    add(s3, upload, 1, b"wrong")
    complete(s3, upload, [add(s3, upload, 1, b"right")])
    assert s3.get_object(Bucket=upload["Bucket"], Key="key")["Body"].read() == b"right"


def test_parts_that_are_not_claimed_are_forgotten(s3: Any, server: RunningServer, upload: dict[str, str]) -> None:
    part = add(s3, upload, 1, b"kept")
    add(s3, upload, 2, b"forgotten")
    complete(s3, upload, [part])
    assert s3.get_object(Bucket=upload["Bucket"], Key="key")["Body"].read() == b"kept"


def test_part_that_was_never_sent_is_named(s3: Any, upload: dict[str, str]) -> None:
    part = add(s3, upload, 1, b"x")
    for wrong in ({"PartNumber": 2, "ETag": part["ETag"]}, {"PartNumber": 1, "ETag": '"other"'}):
        with pytest.raises(ClientError, match="InvalidPart"):
            complete(s3, upload, [wrong])


def test_parts_out_of_order_are_refused(s3: Any, upload: dict[str, str]) -> None:
    parts = [add(s3, upload, 2, FIRST), add(s3, upload, 1, FIRST)]
    with pytest.raises(ClientError, match="InvalidPartOrder"):
        complete(s3, upload, parts)


def test_small_part_before_the_last_is_refused(s3: Any, upload: dict[str, str]) -> None:
    parts = [add(s3, upload, 1, FIRST[1:]), add(s3, upload, 2, LAST)]
    with pytest.raises(ClientError, match="EntityTooSmall"):
        complete(s3, upload, parts)
    assert [part["PartNumber"] for part in s3.list_parts(**upload)["Parts"]] == [1, 2]


@pytest.mark.parametrize("number", [0, 10_001])
def test_part_number_out_of_bounds_is_refused(s3: Any, upload: dict[str, str], number: int) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        add(s3, upload, number, b"x")


def test_part_with_a_wrong_checksum_is_refused(s3: Any, upload: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        s3.upload_part(**upload, PartNumber=1, Body=b"x", ChecksumCRC32="AAAAAA==")
    assert "Parts" not in s3.list_parts(**upload)


def test_aborted_upload_is_gone(s3: Any, upload: dict[str, str]) -> None:
    add(s3, upload, 1, b"x")
    s3.abort_multipart_upload(**upload)
    with pytest.raises(ClientError, match="NoSuchUpload"):
        add(s3, upload, 2, b"x")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=upload["Bucket"])


def test_upload_belongs_to_its_key(s3: Any, upload: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="NoSuchUpload"):
        add(s3, {**upload, "Key": "other"}, 1, b"x")


def test_parts_are_listed_in_pages(s3: Any, upload: dict[str, str]) -> None:
    for number in (3, 1, 2):
        add(s3, upload, number, b"x" * number)
    pages = list(s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2}))
    assert [[(part["PartNumber"], part["Size"]) for part in page["Parts"]] for page in pages] == [
        [(1, 1), (2, 2)],
        [(3, 3)],
    ]


def test_uploads_are_listed_in_pages(s3: Any, bucket: str) -> None:
    begun = [(key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]) for key in ("b", "a", "b")]
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    found = [(upload["Key"], upload["UploadId"]) for page in pages for upload in page["Uploads"]]
    assert found == sorted(begun)


def test_part_can_be_copied_from_an_object(s3: Any, upload: dict[str, str]) -> None:
    source = {"Bucket": upload["Bucket"], "Key": "source"}
    s3.put_object(**source, Body=b"0123456789")
    part = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-4")
    complete(s3, upload, [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}])
    assert s3.get_object(Bucket=upload["Bucket"], Key="key")["Body"].read() == b"234"
