"""What `batch-transform` reads and writes, with the jobs themselves left out."""

from __future__ import annotations

import csv
import errno
import fcntl
import gzip
import os
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from pipeline.aws import storage
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download, keys
from pipeline.cli import cli, group
from pipeline.data.tables.bad_records import OnBadRecord
from pipeline.data.tables.csv_table import CsvTable
from pipeline.data.tables.opening import opened_tables
from pipeline.errors import BadInput, PipelineError
from pipeline.jobs.transform_job import TransformJobRequest
from pipeline.prediction import batch, batch_objects, replaced_file
from pipeline.prediction.batch import Tables, TextColumns, transform_tables
from pipeline.prediction.batch_objects import ObjectsRequest, transform_objects
from pipeline.prediction.invoke import Prediction

TEXT = TextColumns("text")


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each job; each is answered with the category of its length."""
    ran: list[list[str]] = []

    @contextmanager
    def answered(session: Session, model_name: str, texts: Iterator[str], *_: int) -> Iterator[Iterator[Prediction]]:
        ran.append(list(texts))
        yield (Prediction(f"n{len(text)}", 0.5, []) for text in ran[-1])

    monkeypatch.setattr(batch, "classified", answered)
    return ran


def transformed(source: Path, output: Path, columns: TextColumns = TEXT) -> int:
    table = CsvTable(source, wanted=columns.names)
    return transform_tables(cast("Session", None), "model", Tables([table], columns), output)


def rows_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


@pytest.mark.usefixtures("jobs")
def test_a_lone_carriage_return_stays_inside_its_field(tmp_path: Path) -> None:
    source, output, again = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "again.csv"
    source.write_bytes(b'key,text\n1,"back at\rnine"\n2,late\n')
    assert transformed(source, output) == 2
    assert output.read_bytes() == b'key,text,category,probability\n1,"back at\rnine",n12,0.5\n2,late,n4,0.5\n'
    assert rows_of(output)[1:] == pd.read_csv(output, dtype=str).to_numpy().tolist()
    assert transformed(output, again) == 2
    assert rows_of(again)[1] == ["1", "back at\rnine", "n12", "0.5", "n12", "0.5"]


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".tsv.gz"])
def test_the_output_has_the_form_that_its_ending_says(tmp_path: Path, ending: str) -> None:
    source, output = tmp_path / "in.csv", tmp_path / f"out{ending}"
    source.write_text("text;b\nx,y\tz;1\n", encoding="utf-16")
    transformed(source, output)
    body = gzip.decompress(output.read_bytes()) if ending.endswith(".gz") else output.read_bytes()
    between = b"\t" if ending.startswith(".tsv") else b","
    assert body.split(b"\n")[0] == between.join([b"text", b"b", b"category", b"probability"])
    assert next(iter(CsvTable(output, wanted=["text"]).rows())).fields == ["x,y\tz", "1", "n5", "0.5"]
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.usefixtures("jobs")
def test_the_file_of_a_command_that_was_killed_is_taken_away_and_that_of_one_at_work_is_not(tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\na\n", encoding="utf-8")
    killed, at_work = tmp_path / ".out.csv.0123abcd.part", tmp_path / ".out.csv.4567abcd.part"
    killed.write_text("half", encoding="utf-8")
    with at_work.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        transformed(source, output)
        assert (killed.exists(), at_work.exists(), output.exists()) == (False, True, True)


def test_a_command_at_work_keeps_its_file(tmp_path: Path) -> None:
    for name in ("out.csv", "out.csv.gz"):
        with replaced_file.replacing(tmp_path / name) as file, replaced_file.replacing(tmp_path / name):
            file.write("a\n")
        assert [path.name for path in tmp_path.iterdir()] == [name]
        (tmp_path / name).unlink()


def test_empty_rows_are_left_out_and_said(
    tmp_path: Path, jobs: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("key,text,,\n1,a,,\n,,,\n2,,,\n   \n", encoding="utf-8")
    assert transformed(source, output) == 2
    assert jobs == [["a", ""]]
    assert rows_of(output)[0] == ["key", "text", "", "", "category", "probability"]
    assert "left out: 2 empty rows" in capsys.readouterr().err


def test_an_empty_text_in_the_only_column_is_a_record(tmp_path: Path, jobs: list[list[str]]) -> None:
    source = tmp_path / "in.csv"
    source.write_text('text\na\n""\n\nb\n', encoding="utf-8")
    assert transformed(source, tmp_path / "out.csv") == 3
    assert jobs == [["a", "", "b"]]


@pytest.mark.parametrize("taken", ["predicted_category", "predicted_probability"])
def test_a_clash_of_the_new_columns_is_found_before_a_job_is_run(
    tmp_path: Path, jobs: list[list[str]], taken: str
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"text,category,{taken}\na,b,c\n", encoding="utf-8")
    with pytest.raises(BadInput, match="rename them"):
        transformed(source, output)
    assert (jobs, output.exists()) == ([], False)


class FullDisk:
    """A file of which nothing more can be written."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Nothing was written."""


@pytest.mark.usefixtures("jobs")
def test_an_output_on_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaced_file, "_open_new", lambda path, is_gzipped: FullDisk())
    (tmp_path / "in.csv").write_text("text\na\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"out\.csv cannot be written: No space left"):
        transformed(tmp_path / "in.csv", tmp_path / "out.csv")


def test_files_that_are_not_being_read_take_next_to_no_memory(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\n" + "a text\n" * 2_000, encoding="utf-8")
    CsvTable(tmp_path / "in.csv")
    tracemalloc.start()
    tables = [CsvTable(tmp_path / "in.csv") for _ in range(100)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < len(tables) * 5_000
    assert sum(1 for _ in tables[0].rows()) == 2_000


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_temporary_disk_is_not_blamed_on_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def reading(session: Session, model_name: str, texts: Iterator[str], *_: int) -> Iterator[Iterator[Prediction]]:
        s3 = SimpleNamespace(download_file=full)
        download(cast("Any", s3), Location("b", "part.out"), tmp_path / "part.out")
        yield iter(())

    monkeypatch.setattr(batch, "classified", reading)
    (tmp_path / "in.csv").write_text("text\na\n", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"s3://b/part\.out cannot be copied.*No space left.*TMPDIR") as failed:
        transformed(tmp_path / "in.csv", tmp_path / "out.csv")
    assert "out.csv" not in str(failed.value)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="theirs")
        yield cast("Session", SimpleNamespace(s3=s3, name="mine"))


@pytest.fixture
def asked(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The `S3Uri` of each job; each writes an output for what lies there, as SageMaker names it."""
    uris: list[str] = []

    def run(session: Session, transform: TransformJobRequest) -> None:
        uri = transform.s3_uri
        uris.append(uri)
        prefix = uri.removeprefix(f"s3://{transform.source.bucket}/")
        for item in session.s3.list_objects_v2(Bucket=transform.source.bucket, Prefix=prefix)["Contents"]:
            name = item["Key"].removeprefix(prefix) or item["Key"].rpartition("/")[2]
            put(session, f"{transform.destination.prefix}{name}.out")

    monkeypatch.setattr(batch_objects, "run_transform", run)
    return uris


def put(session: Session, *names: str) -> None:
    for name in names:
        session.s3.put_object(Bucket="theirs", Key=name, Body=b"a\n")


def prefix_transformed(session: Session, source: str, destination: str) -> Sequence[str]:
    request = ObjectsRequest(Location.parse(source), Location.parse(destination), "text/csv")
    return transform_objects(session, "model", request)


@pytest.mark.parametrize(
    ("source", "uri", "written"),
    [
        ("s3://theirs", "s3://theirs/", ["out/a.csv.out", "out/in/b.csv.out", "out/in/c.csv.out"]),
        ("s3://theirs/", "s3://theirs/", ["out/a.csv.out", "out/in/b.csv.out", "out/in/c.csv.out"]),
        ("s3://theirs/in", "s3://theirs/in/", ["out/b.csv.out", "out/c.csv.out"]),
        ("s3://theirs/in/b.csv", "s3://theirs/in/b.csv", ["out/b.csv.out"]),
        ("s3://theirs/a.csv", "s3://theirs/a.csv", ["out/a.csv.out"]),
    ],
)
def test_bucket_prefix_and_object_are_inputs(
    session: Session, asked: list[str], source: str, uri: str, written: list[str]
) -> None:
    put(session, "a.csv", "in/b.csv", "in/c.csv", "in/")
    assert prefix_transformed(session, source, "s3://theirs/out") == written
    assert asked == [uri]


@pytest.mark.usefixtures("asked")
def test_a_whole_bucket_is_an_output(session: Session) -> None:
    session.s3.create_bucket(Bucket="other")
    session.s3.put_object(Bucket="other", Key="in/a.csv", Body=b"a\n")
    assert prefix_transformed(session, "s3://other/in", "s3://theirs") == ["a.csv.out"]


@pytest.mark.usefixtures("asked")
def test_answers_of_earlier_jobs_are_not_listed(session: Session) -> None:
    put(session, "in/b.csv", "out/older.csv.out", "out/b.csv.out.out")
    assert prefix_transformed(session, "s3://theirs/in", "s3://theirs/out") == ["out/b.csv.out"]


def test_answers_of_earlier_jobs_are_not_classified(session: Session, asked: list[str]) -> None:
    put(session, "in/b.csv")
    for destination in ("s3://theirs/in/out", "s3://theirs/in"):
        assert prefix_transformed(session, "s3://theirs/in", destination)
        with pytest.raises(BadInput, match="holds answers of an earlier batch transform"):
            prefix_transformed(session, "s3://theirs/in", destination)
        for item in session.s3.list_objects_v2(Bucket="theirs")["Contents"]:
            if item["Key"].endswith(".out"):
                session.s3.delete_object(Bucket="theirs", Key=item["Key"])
    assert len(asked) == 2


def test_an_object_whose_key_begins_others_is_refused(session: Session, asked: list[str]) -> None:
    put(session, "a.csv", "a.csv.bak")
    with pytest.raises(BadInput, match=r"a\.csv is an object, and a\.csv\.bak begins with its key"):
        prefix_transformed(session, "s3://theirs/a.csv", "s3://theirs/out")
    assert asked == []


@pytest.mark.parametrize("source", ["s3://theirs/nothing", "s3://theirs", "s3://no-such-bucket/in", "s3://theirs/a.cs"])
def test_an_input_with_nothing_in_it_is_refused(session: Session, asked: list[str], source: str) -> None:
    if source.endswith("a.cs"):
        put(session, "a.csv")
    with pytest.raises(BadInput, match="There is no object below"):
        prefix_transformed(session, source, "s3://theirs/out")
    assert asked == []


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "session_of", lambda context: None)


@pytest.mark.parametrize(
    "option",
    [("--text-column", "t"), ("--subject-column", "t"), ("--encoding", "utf-8"), ("--delimiter", ",")],
)
@pytest.mark.usefixtures("no_session")
def test_options_of_a_file_do_not_go_with_s3(option: tuple[str, str]) -> None:
    done = command("--input", "s3://b/in", "--output", "s3://b/out", *option)
    assert (done.exit_code, f"{option[0]} take a file as input" in done.output.replace("\n", " ")) == (2, True)


@pytest.mark.usefixtures("no_session")
def test_an_option_of_s3_does_not_go_with_a_file() -> None:
    done = command("--input", "a.csv", "--output", "b.csv", "--text-column", "t", "--format", "jsonlines")
    assert (done.exit_code, "--format jsonlines goes with s3:// prefixes" in done.output) == (2, True)


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["batch-transform", *arguments])


@pytest.fixture
def answering(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[bytes]]]:
    """The instances and the parts of each job; each line is answered by itself, in upper case."""
    jobs: list[tuple[int, list[bytes]]] = []

    def run(session: Session, transform: TransformJobRequest) -> None:
        found = list(keys(session.s3, transform.source.prefix, transform.source.bucket))
        bodies = [session.s3.get_object(Bucket=transform.source.bucket, Key=key)["Body"].read() for key in found]
        jobs.append((transform.instance_count, bodies))
        for key, body in zip(found, bodies, strict=True):
            name = key.removeprefix(transform.source.prefix)
            where = transform.destination / f"{name}.out"
            session.s3.put_object(Bucket=where.bucket, Key=where.key, Body=body.upper())

    monkeypatch.setattr(batch_objects, "run_transform", run)
    theirs = cast("Any", session)
    theirs.home, theirs.make_bucket = Location("theirs", "scratch"), lambda: None
    return jobs


def objects_transformed(session: Session, **options: Any) -> list[str]:
    request = ObjectsRequest(Location("theirs", "in"), Location("theirs", "out"), "text/csv", **options)
    return transform_objects(session, "model", request)


def body_of(session: Session, key: str) -> bytes:
    return session.s3.get_object(Bucket="theirs", Key=key)["Body"].read()


def test_one_large_object_is_cut_for_several_instances_and_its_answers_are_joined_in_order(
    session: Session, answering: list[tuple[int, list[bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_BLOCK", 1000)
    lines = b"".join(b"line number %d\n" % number for number in range(3000))
    session.s3.put_object(Bucket="theirs", Key="in/a.csv", Body=lines[:-1])
    session.s3.put_object(Bucket="theirs", Key="in/empty.csv", Body=b"")
    assert objects_transformed(session, instances=3) == ["out/a.csv.out", "out/empty.csv.out"]
    ((instances, bodies),) = answering
    assert (instances, len(bodies)) == (3, 3)
    assert max(map(len, bodies)) < 1.1 * len(lines) / 3
    assert body_of(session, "out/a.csv.out") == lines.upper()
    assert body_of(session, "out/empty.csv.out") == b""
    assert list(keys(session.s3, "scratch/", "theirs")) == []


def test_objects_that_divide_evenly_are_left_to_sagemaker(
    session: Session, answering: list[tuple[int, list[bytes]]]
) -> None:
    for name in "ab":
        session.s3.put_object(Bucket="theirs", Key=f"in/{name}.csv", Body=b"text\n" * 100)
    assert objects_transformed(session, instances=2) == ["out/a.csv.out", "out/b.csv.out"]
    assert [len(bodies) for _, bodies in answering] == [2]
    assert body_of(session, "in/a.csv") == b"text\n" * 100


def test_answers_that_are_not_as_many_as_the_records_write_no_object(
    session: Session, answering: list[tuple[int, list[bytes]]]
) -> None:
    put(session, "in/a.csv")
    run = batch_objects.run_transform

    def losing(session: Session, transform: TransformJobRequest) -> None:
        run(session, transform)
        for key in keys(session.s3, transform.destination.prefix, transform.destination.bucket):
            session.s3.put_object(Bucket="theirs", Key=key, Body=b"")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_objects, "run_transform", losing)
        with pytest.raises(PipelineError, match="holds 0 answers to 1 records"):
            objects_transformed(session, instances=2)
    assert list(keys(session.s3, "", "theirs")) == ["in/a.csv"]


def test_lines_of_an_object_that_are_no_records_are_skipped_and_named(
    session: Session, answering: list[tuple[int, list[bytes]]], capsys: pytest.CaptureFixture[str]
) -> None:
    session.s3.put_object(Bucket="theirs", Key="in/a.csv", Body=b"one\ntwo,columns\nthree\n")
    assert objects_transformed(session, on_bad_record=OnBadRecord.SKIP) == ["out/a.csv.out"]
    assert body_of(session, "out/a.csv.out") == b"ONE\nTHREE\n"
    assert "s3://theirs/in/a.csv, line 2: 2 columns" in capsys.readouterr().err


def test_several_files_of_any_kind_become_one_output(tmp_path: Path, jobs: list[list[str]]) -> None:
    (tmp_path / "a.csv").write_text("key,text\n1,a\n", encoding="utf-8")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"key,text\n2,bb\n"))
    pd.DataFrame({"key": [3, 4], "text": ["ccc", None]}).to_parquet(tmp_path / "c.parquet")
    tables = Tables(opened_tables([str(tmp_path)], "utf-8", None, ["text"]), TEXT)
    assert transform_tables(cast("Session", None), "model", tables, tmp_path / "out.csv") == 4
    assert jobs == [["a", "bb", "ccc", ""]]
    assert [row[:3] for row in rows_of(tmp_path / "out.csv")[1:]] == [
        ["1", "a", "n1"],
        ["2", "bb", "n2"],
        ["3", "ccc", "n3"],
        ["4", "", "n0"],
    ]


def test_files_of_other_columns_are_refused_before_a_job_is_run(tmp_path: Path, jobs: list[list[str]]) -> None:
    for name, header in (("a.csv", "key,text"), ("b.csv", "text,key")):
        (tmp_path / name).write_text(f"{header}\n1,a\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"b\.csv: its columns are not those of .*a\.csv"):
        Tables(opened_tables([str(tmp_path)], "utf-8", None, ["text"]), TEXT)
    assert jobs == []


def test_bad_records_end_the_command_or_are_left_out_of_its_output(
    tmp_path: Path, jobs: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('key,text\n1,a\n2\n3,"open\n4,d\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"in\.csv, line 3: 1 field "):
        transformed(source, output)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
    tables = Tables([CsvTable(source, wanted=["text"])], TEXT, OnBadRecord.SKIP)
    assert transform_tables(cast("Session", None), "model", tables, output) == 2
    assert jobs == [["a", "d"]]
    assert [row[0] for row in rows_of(output)] == ["key", "1", "4"]
    printed = capsys.readouterr().err
    assert printed.count("2 bad records were skipped") == 1
