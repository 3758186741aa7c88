"""A corpus that lies in S3."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import boto3
import pytest
from moto import mock_aws

from pipeline import profiles
from pipeline.aws.session import Session
from pipeline.data.frame import read_records
from pipeline.data.preparation import DataOptions, PreparedFiles, prepare, prepared
from pipeline.errors import BadInput
from pipeline.training.s3_inputs import finder

SEED = profiles.load("seed")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Session]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="theirs")
        yield cast("Session", SimpleNamespace(s3=s3))


def put(session: Session, objects: dict[str, bytes]) -> None:
    for key, body in objects.items():
        session.s3.put_object(Bucket="theirs", Key=key, Body=body)


def options(uri: str) -> DataOptions:
    return DataOptions(input=(uri,), text_column="text", label_column="label")


def of(files: PreparedFiles) -> list[str]:
    return sorted(record.text for path in (files.train, files.test) for record in read_records(path))


def test_the_tables_below_a_prefix_are_read_and_nothing_of_them_stays_here(session: Session, tmp_path: Path) -> None:
    put(
        session,
        {
            "posts/a.csv": b"text,label\na,x\nb,y\n",
            "posts/more/b.csv.gz": gzip.compress(b"text,label\nc,x\nd,y\n"),
            "posts/_SUCCESS": b"",
            "posts.csv": b"not of the prefix",
        },
    )
    for uri in ("s3://theirs/posts", "s3://theirs/posts/"):
        files = prepare(options(uri), SEED, "p", finder(session))
        assert (of(files), files.facts.dataset) == (["a", "b", "c", "d"], "posts")
    assert [path.name for path in tmp_path.iterdir()] == ["prepared"]


def test_an_object_is_an_input_and_is_prepared_anew_when_it_is_another(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    put(session, {"a.csv": b"text,label\na,x\nb,x\nc,y\nd,y\n", "a.csv.bak": b""})
    prepared(options("s3://theirs/a.csv"), SEED, "p", finder(session))
    prepared(options("s3://theirs/a.csv"), SEED, "p", finder(session))
    assert capsys.readouterr().err.count("prepared earlier") == 1
    put(session, {"a.csv": b"text,label\ne,x\nf,x\ng,y\nh,y\n"})
    assert of(prepared(options("s3://theirs/a.csv"), SEED, "p", finder(session))) == ["e", "f", "g", "h"]


@pytest.mark.parametrize("bad", [b"text,label\na,x\nb\n", b"text,label\na,x\nb,\xff\n", b'text,label\na,x\nb,"y\n'])
def test_a_bad_record_is_named_by_its_object_and_line(session: Session, bad: bytes) -> None:
    put(session, {"posts/a.csv": b"text,label\na,x\n", "posts/b.csv": bad})
    with pytest.raises(BadInput, match=r"s3://theirs/posts/b\.csv.*line 3") as refused:
        prepare(options("s3://theirs/posts"), SEED, "p", finder(session))
    assert tempfile.gettempdir() not in str(refused.value)


@pytest.mark.parametrize("uri", ["s3://theirs/nothing", "s3://no-such-bucket/a", "s3://theirs"])
def test_a_place_without_tables_is_refused(session: Session, uri: str) -> None:
    with pytest.raises(BadInput, match=uri):
        prepare(options(uri), SEED, "p", finder(session))
