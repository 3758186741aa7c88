"""Anybody's files: what is read, how it is split, and what is said of bad ones."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.data.dataset import Summary
from pipeline.data.frame import read_frame
from pipeline.data.tables import csv_lines, csv_table
from pipeline.data.tables.bad_records import OnBadRecord
from pipeline.data.tables.files import local_files
from pipeline.data.user_files import Columns, FileOptions, UserFiles, name_of
from pipeline.errors import BadInput

COLUMNS = Columns(text="text", label="label")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Both splits as they were written, and what was said of them."""

    train: pd.DataFrame
    test: pd.DataFrame
    summary: Summary


def load(
    given: Path | list[Path], columns: Columns, test: Path | None, test_fraction: float, options: FileOptions
) -> Loaded:
    names = [str(path) for path in (given if isinstance(given, list) else [given])]
    files = [file for name in names for file in local_files(name)]
    test_files = [] if test is None else local_files(str(test))
    found = UserFiles(name_of(names), files, columns, test_files, test_fraction, options)
    with tempfile.TemporaryDirectory() as directory:
        paths = Path(directory) / "train.csv", Path(directory) / "test.csv"
        summary = found.write(*paths)
        return Loaded(read_frame(paths[0]), read_frame(paths[1]), summary)


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def packed(files: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return archive.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def records_of(dataset: Loaded) -> list[tuple[str, str]]:
    both = pd.concat([dataset.train, dataset.test])
    return sorted(zip(both["data"], both["label_names"], strict=True))


def balanced(n: int = 20) -> str:
    return "id,text,label\n" + "".join(f"{i},text number {i},{'even' if i % 2 == 0 else 'odd'}\n" for i in range(n))


def test_split_is_stratified_and_the_same_each_time(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", balanced(100))
    first, second = (load(path, COLUMNS, None, 0.2, FileOptions()) for _ in range(2))
    assert first.test["label_names"].value_counts().to_dict() == {"even": 10, "odd": 10}
    assert len(first.train) == 80
    assert first.test.equals(second.test)


def test_labels_of_any_kind_become_categories_in_their_natural_order(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\n" + "".join(f"t{i},{i % 12}\n" for i in range(48)))
    assert load(path, COLUMNS, None, 0.25, FileOptions()).summary.categories == [str(i) for i in range(12)]


def test_a_category_with_one_record_stays_in_train(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", balanced(20) + "99,alone,single\n")
    dataset = load(path, COLUMNS, None, 0.2, FileOptions())
    assert "single" in set(dataset.train["label_names"])
    assert "single" not in set(dataset.test["label_names"])
    assert any("no test records for single" in line for line in dataset.summary.describe())


def test_every_category_of_a_tiny_file_is_learnt_and_tested(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\na,x\nb,x\nc,y\nd,y\n")
    dataset = load(path, COLUMNS, None, 0.2, FileOptions())
    assert sorted(dataset.train["label_names"]) == sorted(dataset.test["label_names"]) == ["x", "y"]


def test_test_file_of_ones_own_is_used_as_it_is(tmp_path: Path) -> None:
    train, test = written(tmp_path / "a.csv", balanced(10)), written(tmp_path / "b.csv", balanced(4))
    dataset = load(train, COLUMNS, test, 0.2, FileOptions())
    assert (len(dataset.train), len(dataset.test)) == (10, 4)


def test_subject_column_is_folded_into_a_header_block(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "title,text,label\n" + "Hello  there,body,x\n,plain,y\n" * 2)
    dataset = load(path, Columns("text", "label", "title"), None, 0.5, FileOptions())
    assert set(dataset.train["data"]) == {"Subject: Hello there\n\nbody", "plain"}


def test_quoted_newlines_tabs_and_byte_order_mark_are_understood(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.tsv", b'\xef\xbb\xbftext\tlabel\n"two\nlines"\tx\n"say ""hi"""\ty\na\tx\nb\ty\n')
    texts = set(load(path, COLUMNS, None, 0.5, FileOptions()).train["data"]) | set(
        load(path, COLUMNS, None, 0.5, FileOptions()).test["data"]
    )
    assert texts == {"two\nlines", 'say "hi"', "a", "b"}


def test_records_without_a_text_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", balanced(10) + "10,,even\n11,  ,odd\n")
    dataset = load(path, COLUMNS, None, 0.2, FileOptions())
    assert dataset.summary.dropped == {"records without a text": 2, "empty rows": 0}
    assert "dropped: 2 records without a text" in dataset.summary.describe()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"text,label\n", "no record with a text"),
        (b"words,label\na,x\n", "line 1: there is no column 'text'. The columns are words, label"),
        (b"text,text,label\na,b,x\n", "the header names text more than once"),
        (b"id, my text,,\na,x,,\n", "The columns are id, ' my text' and 2 without a name"),
        (b"text;label\na;x\nb;y;z\n", "line 3: 3 fields where the header has 2. Put fields that hold semicolons"),
        (b"words;label\na;x\n", "The columns are words, label;"),
        (b"text,label\na,x\nb,y,z\n", "line 3: 3 fields where the header has 2"),
        (b'text,label\n"a\nb",x\nc\n', "line 4: 1 field where the header has 2"),
        (b'text,label\na,x\n"b,y\n', "record that starts on line 3"),
        (b"text,label\na,x\nb,\n", "line 3: no label"),
        (b"text,label\na,x\n\xff,y\n", "line 3: not utf-8"),
        (b"text,label\na,x\nb,x\n", "holds 1 distinct labels"),
        (b"words\na\n", "The columns are words (no commas in it; --delimiter chooses another)"),
        (
            "text,label\na,x\n".encode("utf-16-le"),
            "UTF-16 without a byte-order mark. Name the encoding: --encoding utf-16-le",
        ),
        ("text,label\na,x\n".encode("utf-16-be"), "--encoding utf-16-be"),
        ("text,label\na,x\n".encode("utf-16")[:-1], "Its byte-order mark says so; the file is damaged"),
        (gzip.compress(b"text,label\na,x\n" * 99, mtime=0)[:-9], "the gzip file is damaged"),
        (gzip.compress(b"text,label\na,x\n\xff,y\n", mtime=0), "line 3: not utf-8"),
        (b"PAR1\x15\x04", "the Parquet file cannot be read"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0",
            "is an Excel workbook of the old kind (.xls), not CSV: save it as CSV UTF-8",
        ),
        (packed({"xl/workbook.xml": ""}), "is an Excel workbook (.xlsx), not CSV: save it as CSV UTF-8"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "is an OpenDocument file"),
        (packed({"mine.csv": "text,label"}), "is a ZIP archive, not CSV: unpack it first"),
        (bz2.compress(b"text,label\n"), "is bzip2-compressed, not CSV"),
        (lzma.compress(b"text,label\n"), "is xz-compressed, not CSV"),
        (gzip.compress(tarred("mine.csv", b"text,label\n"), mtime=0), "is a tar archive, not CSV"),
    ],
)
def test_bad_file_is_refused_with_its_place(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = written(tmp_path / "mine.csv", content)
    with pytest.raises(BadInput) as refused:
        load(path, COLUMNS, None, 0.2, FileOptions())
    assert complaint in str(refused.value)
    assert str(path) in str(refused.value)
    assert "latin-1" not in str(refused.value) or complaint.endswith("not utf-8")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.csv: No such file"):
        load(tmp_path / "nowhere.csv", COLUMNS, None, 0.2, FileOptions())


def test_other_encoding_is_read_when_named(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\ncaf\u00e9,x\nth\u00e9,y\na,x\nb,y\n".encode("latin-1"))
    dataset = load(path, COLUMNS, None, 0.5, FileOptions("latin-1"))
    assert "caf\u00e9" in {*dataset.train["data"], *dataset.test["data"]}


def test_utf_16_without_its_mark_is_refused_with_the_option(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\na,x\n".encode("utf-16-le"))
    with pytest.raises(BadInput, match=r"mine\.csv.*--encoding"):
        load(path, COLUMNS, None, 0.5, FileOptions("utf-16"))


def test_label_that_only_the_test_file_has_is_refused(tmp_path: Path) -> None:
    train = written(tmp_path / "a.csv", balanced(10))
    test = written(tmp_path / "b.csv", "id,text,label\n1,a,strange\n")
    with pytest.raises(BadInput, match=r"strange never occur"):
        load(train, COLUMNS, test, 0.2, FileOptions())


FOUR = [("late bus", "complaint"), ("lovely staff", "praise"), ("lost my bag", "complaint"), ("warm soup", "praise")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "c1,c2,,\n" + "".join(f"{label},{text},,\n" for text, label in FOUR)),
        ("a.csv", "n,c2,c1,n\n" + "".join(f"1,{text},{label},2\n" for text, label in FOUR)),
        ("a.csv", "n,c2,c1\n" + "".join(f"1,{text},{label}\n" for text, label in FOUR) + ",,\n, ,\n   \n\n,,,,\n"),
        ("a.csv", ",,\n\n" + "n,c2,c1\n" + ",,\n".join(f"1,{text},{label}\n" for text, label in FOUR)),
        ("a.csv", "n, c2, c1\n" + "".join(f"1,{text}, {label}\n" for text, label in FOUR)),
        ("a.csv", "n;c2;c1\n" + "".join(f"1;{text};{label}\n" for text, label in FOUR)),
        ("a.csv", '"n, of all";"c2";"c1"\n' + "".join(f'"1,5";"{text}";"{label}"\n' for text, label in FOUR)),
        ("a.txt", "n\tc2\tc1\n" + "".join(f"1\t{text}\t{label}\n" for text, label in FOUR)),
        ("a.txt", "n|c2|c1\n" + "".join(f"1|{text}|{label}\n" for text, label in FOUR)),
        ("a.tsv", "n,c2,c1\n" + "".join(f"1,{text},{label}\n" for text, label in FOUR)),
        ("a.csv", "sep=;\r\nn;c2;c1\r\n" + "".join(f"1;{text};{label}\r\n" for text, label in FOUR)),
        ("a.csv", "SEP=\t\nn\tc2\tc1\n" + "".join(f"1\t{text}\t{label}\n" for text, label in FOUR)),
        ("a.csv", '"sep=^"\nn^c2^c1\n' + "".join(f"1^{text}^{label}\n" for text, label in FOUR)),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gzip"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, name: str, content: str, encoding: str) -> None:
    body = gzip.compress(content.encode(), mtime=0) if encoding == "gzip" else content.encode(encoding)
    path = written(tmp_path / (f"{name}.gz" if encoding == "gzip" else name), body)
    assert records_of(load(path, Columns("c2", "c1"), None, 0.5, FileOptions())) == sorted(FOUR)


def test_how_a_file_is_read_is_said_where_it_was_told_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "a.csv", balanced(10).replace(",", ";").encode("utf-16"))
    load(path, COLUMNS, None, 0.5, FileOptions())
    printed = capsys.readouterr().err
    assert "read as UTF-16, as its byte-order mark says" in printed
    assert "read with semicolons between the fields (--delimiter chooses another)" in printed
    load(written(tmp_path / "b.csv", balanced(10)), COLUMNS, None, 0.5, FileOptions())
    assert capsys.readouterr().err == ""


def test_big_endian_utf_16_is_read_by_its_mark_whatever_was_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", b"\xfe\xff" + balanced(10).encode("utf-16-be"))
    assert len(records_of(load(path, COLUMNS, None, 0.5, FileOptions("latin-1")))) == 10


@pytest.mark.parametrize("named", ["semicolon", ";", "SEMICOLON"])
def test_a_named_delimiter_counts_for_more_than_what_can_be_told(tmp_path: Path, named: str) -> None:
    path = written(tmp_path / "a.tsv", "sep=,\n" + "text;label\n" + "".join(f"a,{i};x{i % 2}\n" for i in range(4)))
    dataset = load(path, COLUMNS, None, 0.5, FileOptions(delimiter=named))
    assert records_of(dataset) == [("a,0", "x0"), ("a,1", "x1"), ("a,2", "x0"), ("a,3", "x1")]


@pytest.mark.parametrize("named", ["commas", "", '"', "\n", ";;"])
def test_what_is_no_delimiter_is_refused(tmp_path: Path, named: str) -> None:
    with pytest.raises(BadInput, match="--delimiter"):
        load(written(tmp_path / "a.csv", balanced(4)), COLUMNS, None, 0.5, FileOptions(delimiter=named))


def test_commas_count_for_more_than_what_stands_inside_their_fields(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text;s|t,text,label\n" + "".join(f"a;b,t{i},x{i % 2}\n" for i in range(4)))
    assert records_of(load(path, COLUMNS, None, 0.5, FileOptions()))[0] == ("t0", "x0")


def test_blanks_around_a_name_matter_where_two_names_differ_by_them(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text, text,label\n" + "".join(f"a{i},b,x{i % 2}\n" for i in range(4)))
    assert records_of(load(path, COLUMNS, None, 0.5, FileOptions()))[0] == ("a0", "x0")
    assert records_of(load(path, Columns(" text", "label"), None, 0.5, FileOptions()))[0] == ("b", "x0")


def test_empty_rows_are_counted_and_one_with_a_text_still_needs_a_label(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", balanced(10) + ",,\n" * 3)
    assert load(path, COLUMNS, None, 0.2, FileOptions()).summary.dropped["empty rows"] == 3
    written(path, balanced(10) + ",,\n1,text,\n")
    with pytest.raises(BadInput, match="line 13: no label"):
        load(path, COLUMNS, None, 0.2, FileOptions())


LIKE_NUMBERS = ["nan", "NaN", "10", "NA", "None", "-inf", "9", "infinity", "null", "1e999", "true", "-1.5"]


def test_labels_that_only_look_like_numbers_are_names_and_the_split_is_the_same_each_time(tmp_path: Path) -> None:
    lines = [f"text {i},{LIKE_NUMBERS[i % len(LIKE_NUMBERS)]}" for i in range(96)]
    path = written(tmp_path / "a.csv", "\n".join(["text,label", *lines]))
    program = (
        "import sys; from pathlib import Path; from tests.pipeline.data.test_user_files import *; "
        "found = load(Path(sys.argv[1]), Columns('text', 'label'), None, 0.25, FileOptions()); "
        "print(found.summary.categories, found.test.to_csv())"
    )
    printed = subprocess.run(  # with another seed than here, where it is any
        [sys.executable, "-c", program, str(path)],
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    found = load(path, COLUMNS, None, 0.25, FileOptions())
    assert printed == f"{found.summary.categories} {found.test.to_csv()}\n"
    categories = found.summary.categories
    assert categories == ["-1.5", "9", "10", *sorted(set(LIKE_NUMBERS) - {"-1.5", "9", "10"})]


@pytest.mark.parametrize("share", [0.9, 0.97, 0.999])
def test_a_share_that_leaves_a_label_nothing_to_learn_from_is_refused(tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "a.csv", balanced(20) + "".join(f"{i},rare {i},rare\n" for i in range(2)))
    with pytest.raises(BadInput, match=f"--test-fraction {share:g} leaves nothing to train on"):
        load(path, COLUMNS, None, share, FileOptions())


def test_the_smallest_share_tests_each_label_once(tmp_path: Path) -> None:
    dataset = load(written(tmp_path / "a.csv", balanced(20)), COLUMNS, None, 1e-9, FileOptions())
    assert sorted(dataset.test["label_names"]) == ["even", "odd"]


def test_a_file_whose_labels_have_one_record_each_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--test-input"):
        load(written(tmp_path / "a.csv", "text,label\na,x\nb,y\n"), COLUMNS, None, 0.2, FileOptions())


def test_a_file_in_s3_is_to_be_copied_first() -> None:
    with pytest.raises(BadInput, match="aws s3 cp"):
        load(Path("s3://bucket/mine.csv"), COLUMNS, None, 0.2, FileOptions())


def test_a_nul_in_a_name_is_not_taken_for_utf_16(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "n\0,text,label\n" + "".join(f"1,t{i},x{i % 2}\n" for i in range(4)))
    assert records_of(load(path, COLUMNS, None, 0.5, FileOptions()))[0] == ("t0", "x0")


def parquet(path: Path, columns: dict[str, object]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_a_folder_is_read_in_the_order_of_its_names_whatever_kind_its_files_are(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    (folder / "sub").mkdir(parents=True)
    written(folder / "b.csv.gz", gzip.compress(b"label,text\nx,t2\ny,t3\n", mtime=0))
    written(folder / "a.csv", "text;label\nt0;x\nt1;y\n")
    parquet(folder / "sub" / "c.parquet", {"text": ["t4", "t5"], "label": ["x", "y"], "n": [1, 2]})
    written(folder / "_SUCCESS", "")
    written(folder / ".hidden.csv", "no,columns\n")
    written(folder / "README.md", "not data")
    test = written(tmp_path / "test.csv", "text,label\nt6,x\n")
    loaded = load(folder, COLUMNS, test, 0.2, FileOptions())
    assert loaded.train["data"].tolist() == ["t0", "t1", "t2", "t3", "t4", "t5"]
    assert loaded.summary.name == "posts"


def test_several_files_are_split_as_one_of_all_their_records(tmp_path: Path) -> None:
    lines = balanced(60).split("\n")[:-1]
    whole = written(tmp_path / "whole.csv", balanced(60))
    parts = [
        written(tmp_path / f"{name}.csv", "\n".join([lines[0], *part]) + "\n")
        for name, part in (("b", lines[1:20]), ("a", lines[20:]))
    ]
    one, several = (load(given, COLUMNS, None, 0.2, FileOptions()) for given in (whole, parts))
    assert one.train.equals(several.train)
    assert one.test.equals(several.test)
    assert several.summary.name == "b.csv and 1 more"


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no file in it that ends in \.csv"):
        load(tmp_path, COLUMNS, None, 0.2, FileOptions())


def test_values_of_a_parquet_file_are_texts_as_they_are_written(tmp_path: Path) -> None:
    columns = {
        "text": pa.array(["one\ntwo", None, "three", "four", "five"]),
        "label": pa.array([1, 10, 10, 1, 9], pa.int32()),
        "tags": pa.array([["a"], [], None, ["b"], []]),
    }
    loaded = load(parquet(tmp_path / "mine.parquet", columns), COLUMNS, None, 0.5, FileOptions())
    assert records_of(loaded) == [("five", "9"), ("four", "1"), ("one\ntwo", "1"), ("three", "10")]
    assert loaded.summary.categories == ["1", "9", "10"]
    assert loaded.summary.dropped["records without a text"] == 1


def test_a_parquet_record_without_a_label_is_named_by_its_row(tmp_path: Path) -> None:
    path = parquet(tmp_path / "mine.parquet", {"text": ["t"] * 3000, "label": ["x"] * 2500 + [None] + ["y"] * 499})
    with pytest.raises(BadInput, match=r"mine\.parquet, row 2501: no label"):
        load(path, COLUMNS, None, 0.5, FileOptions())


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "mine.parquet", {"text": [f"text {i}" * 50 for i in range(9000)], "label": ["x"] * 9000})
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : 2 * len(content) // 3] = bytes(len(content) // 3)
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"mine\.parquet.*The Parquet file is damaged"):
        load(path, COLUMNS, None, 0.5, FileOptions())


SKIP = FileOptions(on_bad_record=OnBadRecord.SKIP)
GOOD = "".join(f"{i},good {i},{'even' if i % 2 == 0 else 'odd'}\n" for i in range(8))


@pytest.mark.parametrize(
    ("bad", "line", "why"),
    [
        (b"9,too,many,fields\n", 10, "4 fields where the header has 3"),
        (b"9,one\n", 10, "2 fields where the header has 3"),
        (b"9,no label,\n", 10, "no label in the column 'label'"),
        (b'9,"never closed,odd\n', 10, "starts on line 10: unexpected end of data"),
        (b'9,"closed" too early,odd\n', 10, "starts on line 10: ',' expected"),
        (b'9,"two\nlines" and more,odd\n', 10, "starts on line 10: ',' expected"),
        (b"9,\xff\xfe,odd\n", 10, "not utf-8"),
        (b'9,"good\n\xff",odd\n', 10, "not utf-8"),
    ],
)
def test_a_bad_record_costs_itself_alone_where_bad_ones_are_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: bytes, line: int, why: str
) -> None:
    path = written(
        tmp_path / "mine.csv", b"id,text,label\n" + GOOD.encode() + bad + GOOD.replace("good", "more").encode()
    )
    with pytest.raises(BadInput, match=r"mine\.csv.*line 1[01]"):
        load(path, COLUMNS, None, 0.25, FileOptions())
    loaded = load(path, COLUMNS, None, 0.25, SKIP)
    assert len([text for text, _ in records_of(loaded) if text.startswith(("good", "more"))]) == 16
    printed = capsys.readouterr().err
    assert why in printed
    assert f"line {line}" in printed
    assert "dropped: " in loaded.summary.describe()[2]
    assert "bad record" in loaded.summary.describe()[2]


def test_the_first_bad_records_are_named_and_all_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "mine.csv", "id,text,label\n" + GOOD + "1,2\n" * 1200)
    assert load(path, COLUMNS, None, 0.25, SKIP).summary.dropped["bad records"] == 1200
    printed = capsys.readouterr().err
    assert "1,200 bad records were skipped; the first:" in printed
    assert [f"line {line}:" in printed for line in (10, 14, 15)] == [True, True, False]


def test_what_is_wrong_with_the_whole_file_cannot_be_skipped(tmp_path: Path) -> None:
    packed_file = gzip.compress(b"id,text,label\n" + GOOD.encode() * 99, mtime=0)
    for content in (packed_file[:-9], b"id,words,label\n", b"id,text,\xff\n", b""):
        with pytest.raises(BadInput):
            load(written(tmp_path / "mine.csv", content), COLUMNS, None, 0.2, SKIP)


def test_an_open_quote_does_not_take_the_file_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "LONGEST_FIELD", 1000)
    monkeypatch.setattr(csv_lines, "LONGEST_KEPT", 1000)
    path = written(tmp_path / "mine.csv", "id,text,label\n" + GOOD + '9,"open,odd\n' + GOOD * 50)
    with pytest.raises(BadInput, match=r"starts on line 10: field larger than field limit \(1000\)"):
        load(path, COLUMNS, None, 0.2, FileOptions())
    assert len(records_of(load(path, COLUMNS, None, 0.2, SKIP))) == 8 * 51
