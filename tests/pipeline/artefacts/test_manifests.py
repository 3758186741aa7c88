"""The manifest of a model artefact is read without fetching what stands behind it."""

from __future__ import annotations

import io
import os
import tarfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pipeline.artefacts.runs import read_manifest
from pipeline.aws.storage import Location
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WHERE = Location("bucket", "model.tar.gz")


def archive(*members: tuple[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    return buffer


def holding(body: io.BytesIO) -> S3Client:
    return cast("S3Client", SimpleNamespace(get_object=lambda **_: {"Body": body}))


@pytest.mark.parametrize("name", ["manifest.json", "./manifest.json"])
def test_what_stands_behind_it_is_not_fetched(name: str) -> None:
    body = archive((name, b"{}"), ("model.joblib", os.urandom(2**20)))
    assert read_manifest(holding(body), WHERE) == b"{}"
    assert body.tell() < 2**17


def test_what_stands_before_it_is_passed_over() -> None:
    body = archive(("model.joblib", os.urandom(2**20)), ("manifest.json", b"{}"))
    assert read_manifest(holding(body), WHERE) == b"{}"


def test_an_artefact_without_one_is_named() -> None:
    with pytest.raises(PipelineError, match=r"s3://bucket/model\.tar\.gz holds no manifest\.json"):
        read_manifest(holding(archive(("other.json", b"{}"))), WHERE)
