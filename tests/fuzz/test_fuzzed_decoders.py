"""What the local SageMaker reads besides requests: archives, transform jobs' records and filters, a user's CSV."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from pathlib import Path

from hypothesis import strategies as st

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.source.archive import extract
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.messages.aws_chunked import AwsChunkedPayload
from local_sagemaker.sagemaker.transform.data.data_processing import DataProcessing, Unprocessable
from local_sagemaker.sagemaker.transform.data.jsonpath import BadPath, NotThere, parse
from local_sagemaker.sagemaker.transform.data.splitting import MiniBatch, count_lines
from pipeline.data.tables.csv_table import CsvTable
from pipeline.errors import BadInput
from tests.fuzz.anything import any_text, csv_of, damaged, json_documents, json_values, plain_texts, tables
from tests.fuzz.campaign import fuzzed

MEMBER_TYPES = [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
MEMBER_NAMES = [
    "code/a.py",
    "model",
    "../out",
    "/tmp/out",
    "a/../../out",
    "a/..",
    ".",
    "",
    "a\x00b",
    "x" * 300,
    "\udcff",
]


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Write an archive with any members, some of which no honest tool writes."""
    written = io.BytesIO()
    form = draw(st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]))
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for _ in range(draw(st.integers(0, 4))):
            member = tarfile.TarInfo(draw(st.sampled_from(MEMBER_NAMES) | plain_texts))
            member.type = draw(st.sampled_from(MEMBER_TYPES))
            member.linkname = draw(st.sampled_from(["", "../out", "/etc/passwd", "code/a.py"]))
            content = draw(st.binary(max_size=600))
            member.size = len(content)
            with contextlib.suppress(ValueError, UnicodeError):
                archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


@fuzzed(
    content=(
        damaged(archives())
        | damaged(archives()).map(gzip.compress)
        | damaged(archives().map(gzip.compress))
        | st.binary()
    )
)
def test_any_archive_is_unpacked_within_its_directory_or_refused(tmp_path: Path, content: bytes) -> None:
    archive, directory = tmp_path / "model.tar.gz", tmp_path / "around" / "base" / "model"
    archive.write_bytes(content)
    with contextlib.suppress(ContainerFailed):
        extract(archive, directory)
    around = {path for path in tmp_path.rglob("*") if not path.is_relative_to(directory)}
    above = {parent for parent in directory.parents if tmp_path in parent.parents}  # not made where all is refused
    assert {archive} <= around <= {archive, *above}
    assert not any(path.is_symlink() for path in directory.rglob("*"))


records = damaged((tables | st.lists(json_documents).map("\n".join)).map(str.encode)) | st.binary()
FILTERS = ["$", "$[0]", "$[-1]", "$[1:]", "$.text", "$['text','id']", "$[*]", "$.*", "$.text[0,1]", "$[0:-1].id"]
CONTENT_TYPES = ["text/csv", "application/json", "application/jsonlines", "text/csv; charset=utf-8", "image/png"]


@fuzzed(
    records=records,
    answer=records,
    filters=st.tuples(st.sampled_from(FILTERS), st.sampled_from(FILTERS)),
    types=st.tuples(st.sampled_from(CONTENT_TYPES), st.sampled_from(CONTENT_TYPES)),
    join=st.booleans(),
)
def test_any_records_are_filtered_and_joined_or_refused(
    records: bytes, answer: bytes, filters: tuple[str, str], types: tuple[str, str], join: bool
) -> None:
    processing = DataProcessing(types[0], parse(filters[0]), parse(filters[1]), join)
    batch = MiniBatch(records, 1, count_lines(records), 0)
    with contextlib.suppress(Unprocessable):
        processing.request(batch)
    with contextlib.suppress(Unprocessable):
        processing.output(batch, answer, types[1])


@fuzzed(
    path=any_text.map("${}".format)
    | damaged(st.sampled_from(FILTERS).map(str.encode)).map(lambda text: text.decode("latin-1")),
    value=json_values,
)
def test_any_filter_selects_or_is_refused(path: str, value: object) -> None:
    with contextlib.suppress(BadPath, NotThere):
        json.dumps(parse(path).select(value))


@fuzzed(
    body=damaged(
        st.lists(st.binary(max_size=40)).map(
            lambda blocks: b"".join(b"%x\r\n%b\r\n" % (len(b), b) for b in blocks) + b"0\r\n\r\n"
        )
    )
    | st.binary(),
    size=st.integers(1, 100),
)
def test_any_chunked_body_gives_no_more_than_it_holds(body: bytes, size: int) -> None:
    payload, received = AwsChunkedPayload(io.BytesIO(body)), b""
    with contextlib.suppress(AwsError):
        while block := payload.read(size):
            received += block
    assert len(received) <= len(body)
    assert received == b"" or received[:1] in body


@fuzzed(
    content=damaged(tables.map(str.encode)) | st.binary(),
    encoding=st.sampled_from(["utf-8", "latin-1", "utf-16", "klingon"]),
)
def test_any_file_of_a_user_is_read_or_refused(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with contextlib.suppress(BadInput):
        table = CsvTable(path, encoding)
        assert {len(row.fields) for row in table.rows()} <= {len(table.header)}


@fuzzed(rows=st.lists(st.tuples(plain_texts.map("t{}".format), plain_texts), min_size=1))
def test_any_table_that_python_writes_is_read_as_it_was(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "table.csv"
    # Python's own line end: with another one it writes a carriage return within a field without quotes.
    path.write_bytes(csv_of([["first", "second"], *map(list, rows)], "\r\n").encode())
    assert [tuple(row.fields) for row in CsvTable(path).rows()] == rows
