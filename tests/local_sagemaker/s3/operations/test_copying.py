"""Copies within S3."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.database import Database
from local_sagemaker.http.messages import HEADERS_KEY, Request
from local_sagemaker.s3.operations import multipart as multipart_operations
from local_sagemaker.s3.operations import objects as object_operations
from local_sagemaker.s3.service import S3Service
from local_sagemaker.s3.store import multipart, objects
from local_sagemaker.s3.store.multipart import MultipartUploads
from local_sagemaker.s3.store.objects import Attributes, ObjectInfo, ObjectStore


@pytest.fixture
def source(s3: Any, bucket: str) -> dict[str, str]:
    """Bucket and key of an object to copy."""
    s3.put_object(
        Bucket=bucket, Key="a b/ü", Body=b"hello", ContentType="text/plain", Metadata={"k": "v"}, Tagging="t=1"
    )
    return {"Bucket": bucket, "Key": "a b/ü"}


def test_copy_has_bytes_headers_and_tags(s3: Any, bucket: str, source: dict[str, str]) -> None:
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    found = s3.get_object(Bucket=bucket, Key="copy")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (b"hello", "text/plain", {"k": "v"})
    assert answer["CopyObjectResult"]["ETag"] == found["ETag"] == s3.head_object(**source)["ETag"]
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_copy_outlives_its_source(s3: Any, bucket: str, source: dict[str, str]) -> None:
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    s3.delete_object(**source)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"hello"


def test_copy_onto_itself_changes_metadata(s3: Any, source: dict[str, str]) -> None:
    s3.copy_object(
        **source, CopySource=source, MetadataDirective="REPLACE", Metadata={"new": "1"}, ContentType="text/html"
    )
    found = s3.get_object(**source)
    assert (found["Body"].read(), found["Metadata"], found["ContentType"]) == (b"hello", {"new": "1"}, "text/html")


def test_copy_onto_itself_without_a_change_is_refused(s3: Any, source: dict[str, str]) -> None:
    with pytest.raises(ClientError, match=r"InvalidRequest.*copy an object to itself"):
        s3.copy_object(**source, CopySource=source)


def test_tags_can_be_replaced(s3: Any, bucket: str, source: dict[str, str]) -> None:
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, TaggingDirective="REPLACE", Tagging="u=2")
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "u", "Value": "2"}]


def test_conditions_on_the_source(s3: Any, bucket: str, source: dict[str, str]) -> None:
    etag = s3.head_object(**source)["ETag"]
    for condition in ({"CopySourceIfMatch": "other"}, {"CopySourceIfNoneMatch": etag}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, **condition)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=etag)


def test_missing_source_is_named(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "nothing"})


def test_copy_of_an_object_in_parts_has_the_md5_of_its_bytes(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"hello")
    s3.complete_multipart_upload(
        Bucket=bucket,
        Key="parts",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "parts"})
    assert s3.head_object(Bucket=bucket, Key="copy")["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'


@pytest.fixture
def replaced_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ObjectStore, S3Service]:
    """A store with an object that is replaced while it is copied: when the conditions on the source are looked at."""
    database = Database(tmp_path / "state.sqlite", [objects.SCHEMA, multipart.SCHEMA])
    store = ObjectStore(database, tmp_path / "objects")
    store.create_bucket("bucket")
    store.put("bucket", "source", io.BytesIO(b"hello"))

    def replace(headers: Mapping[str, str], info: ObjectInfo) -> None:
        store.put("bucket", "source", io.BytesIO(b"replaced"))

    for module in (object_operations, multipart_operations):
        monkeypatch.setattr(module, "check_copy_source", replace)
    return store, S3Service(store, MultipartUploads(store))


def request(path: str, query: str = "") -> Request:
    headers = {"x-amz-copy-source": "bucket/source"}
    return Request({"REQUEST_METHOD": "PUT", "REQUEST_URI": path, "QUERY_STRING": query, HEADERS_KEY: headers})


def test_copy_of_an_object_that_is_replaced_meanwhile_is_whole(
    replaced_meanwhile: tuple[ObjectStore, S3Service],
) -> None:
    store, service = replaced_meanwhile
    assert service.answer(request("/bucket/copy")).status == 200
    with store.open("bucket", "copy") as copy:
        assert copy.read() == b"hello"
    assert store.head("bucket", "copy").etag == "5d41402abc4b2a76b9719d911017c592"


def test_part_of_an_object_that_is_replaced_meanwhile_is_whole(
    replaced_meanwhile: tuple[ObjectStore, S3Service],
) -> None:
    store, service = replaced_meanwhile
    uploads = MultipartUploads(store)
    upload = uploads.create("bucket", "copy", Attributes())
    assert service.answer(request("/bucket/copy", f"partNumber=1&uploadId={upload}")).status == 200
    (part,) = uploads.parts("bucket", "copy", upload)
    assert part.etag == "5d41402abc4b2a76b9719d911017c592"
