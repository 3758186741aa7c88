"""The ways in which requests name objects in S3."""

from __future__ import annotations

import pytest

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.resources.s3_uris import parse


@pytest.mark.parametrize(
    "written",
    [
        "s3://my.bucket/some/model.tar.gz",
        "https://my.bucket.s3.amazonaws.com/some/model.tar.gz",
        "https://my.bucket.s3-eu-west-1.amazonaws.com/some/model.tar.gz",
        "https://my.bucket.s3.eu-west-1.amazonaws.com/some/model.tar.gz",
        "https://my.bucket.s3.dualstack.eu-west-1.amazonaws.com/some/model.tar.gz",
        "https://s3.amazonaws.com/my.bucket/some/model.tar.gz",
        "https://s3-us-west-2.amazonaws.com/my.bucket/some/model.tar.gz",
        "https://s3.cn-north-1.amazonaws.com.cn/my.bucket/some/model.tar.gz",
    ],
)
def test_an_object_is_found_however_it_is_written(written: str) -> None:
    assert str(parse(written)) == "s3://my.bucket/some/model.tar.gz"


def test_a_url_is_percent_decoded() -> None:
    assert parse("https://bucket.s3.amazonaws.com/a%20b").key == "a b"


@pytest.mark.parametrize(
    "written", ["https://example.com/bucket/key", "https://s3.example.com/bucket/key", "bucket/key"]
)
def test_what_is_not_of_s3_is_refused(written: str) -> None:
    with pytest.raises(AwsError, match="s3://bucket/key"):
        parse(written)


def test_a_uri_without_a_bucket_is_refused() -> None:
    with pytest.raises(AwsError, match="names no bucket"):
        parse("s3:///key")
