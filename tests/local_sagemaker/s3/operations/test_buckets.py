"""Buckets, as a user of boto3 meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import RunningServer
from tests.local_sagemaker.wire import send, signed_for


def test_bucket_is_listed_from_creation_to_deletion(s3: Any, bucket: str) -> None:
    assert bucket in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
    s3.delete_bucket(Bucket=bucket)
    assert bucket not in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]


def test_creating_it_again_changes_nothing(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"kept")
    s3.create_bucket(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"kept"


@pytest.mark.parametrize("name", ["Upper", "ab", "a..b", "192.168.1.1", "under_score", "-dash", "x" * 64])
def test_bad_name_is_refused(server: RunningServer, name: str) -> None:
    answer = send(server, "PUT", f"/{name}", signed_for("s3"))
    assert (answer.status, b"<Code>InvalidBucketName</Code>" in answer.body) == (400, True)


def test_bucket_with_objects_is_not_deleted(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)


def test_bucket_with_an_unfinished_upload_is_deleted_with_it(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"x")
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.list_parts(Bucket=bucket, Key="key", UploadId=upload)


def test_missing_bucket_is_named_by_every_operation(s3: Any) -> None:
    missing = {"Bucket": "no-such-bucket"}
    calls: list[Callable[[], Any]] = [
        lambda: s3.list_objects_v2(**missing),
        lambda: s3.put_object(**missing, Key="key", Body=b""),
        lambda: s3.get_object(**missing, Key="key"),
        lambda: s3.delete_object(**missing, Key="key"),
        lambda: s3.delete_bucket(**missing),
        lambda: s3.get_bucket_location(**missing),
        lambda: s3.create_multipart_upload(**missing, Key="key"),
        lambda: s3.list_multipart_uploads(**missing),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="NoSuchBucket"):
            call()
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(**missing)


def test_location_of_us_east_1_has_no_name(s3: Any, bucket: str) -> None:
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"


def test_resource_interface_empties_a_bucket(server: RunningServer, bucket: str) -> None:
    session = boto3.Session("local", "local", region_name="us-east-1")
    resource = session.resource("s3", endpoint_url=server.url).Bucket(bucket)
    for name in ("a", "b/c", "d e"):
        resource.put_object(Key=name, Body=name.encode())
    assert [entry.key for entry in resource.objects.all()] == ["a", "b/c", "d e"]
    resource.objects.all().delete()
    resource.delete()


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_bucket_versioning", {}),
        ("get_bucket_policy", {}),
        ("put_bucket_acl", {"ACL": "private"}),
        ("get_bucket_encryption", {}),
        ("get_object_acl", {"Key": "key"}),
        ("get_object_attributes", {"Key": "key", "ObjectAttributes": ["ETag"]}),
        ("get_bucket_lifecycle_configuration", {}),
    ],
)
def test_operation_that_is_not_ours_is_refused_by_name(
    s3: Any, bucket: str, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(s3, operation)(Bucket=bucket, **arguments)
    name = "".join(word.title() for word in operation.split("_"))
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert caught.value.response["Error"]["Message"] == f"{name} is not part of the local SageMaker's S3."


def test_each_object_is_the_only_version_of_itself(s3: Any, bucket: str) -> None:
    for key in ("a/1", "a/2", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
    versions = [version for page in pages for version in page["Versions"]]
    assert [(each["Key"], each["VersionId"], each["IsLatest"], each["Size"]) for each in versions] == [
        (key, "null", True, 1) for key in ("a/1", "a/2", "b")
    ]
    assert len(pages) == 2
    under = s3.list_object_versions(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in under["CommonPrefixes"]] == ["a/"]
    named = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": named})
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)
