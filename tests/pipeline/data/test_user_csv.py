"""Anybody's CSV: what is read, how it is split, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.data.user_csv import Columns, load
from pipeline.errors import BadInput

COLUMNS = Columns(text="text", label="label")


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def balanced(n: int = 20) -> str:
    return "id,text,label\n" + "".join(f"{i},text number {i},{'even' if i % 2 == 0 else 'odd'}\n" for i in range(n))


def test_split_is_stratified_and_the_same_each_time(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", balanced(100))
    first, second = (load(path, COLUMNS, None, 0.2, "utf-8") for _ in range(2))
    assert first.test["label_names"].value_counts().to_dict() == {"even": 10, "odd": 10}
    assert len(first.train) == 80
    assert first.test.equals(second.test)


def test_labels_of_any_kind_become_categories_in_their_natural_order(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\n" + "".join(f"t{i},{i % 12}\n" for i in range(48)))
    assert load(path, COLUMNS, None, 0.25, "utf-8").categories == [str(i) for i in range(12)]


def test_a_category_with_one_record_stays_in_train(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", balanced(20) + "99,alone,single\n")
    dataset = load(path, COLUMNS, None, 0.2, "utf-8")
    assert "single" in set(dataset.train["label_names"])
    assert "single" not in set(dataset.test["label_names"])
    assert any("no test records for single" in line for line in dataset.describe())


def test_every_category_of_a_tiny_file_is_learnt_and_tested(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\na,x\nb,x\nc,y\nd,y\n")
    dataset = load(path, COLUMNS, None, 0.2, "utf-8")
    assert sorted(dataset.train["label_names"]) == sorted(dataset.test["label_names"]) == ["x", "y"]


def test_test_file_of_ones_own_is_used_as_it_is(tmp_path: Path) -> None:
    train, test = written(tmp_path / "a.csv", balanced(10)), written(tmp_path / "b.csv", balanced(4))
    dataset = load(train, COLUMNS, test, 0.2, "utf-8")
    assert (len(dataset.train), len(dataset.test)) == (10, 4)


def test_subject_column_is_folded_into_a_header_block(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "title,text,label\n" + "Hello  there,body,x\n,plain,y\n" * 2)
    dataset = load(path, Columns("text", "label", "title"), None, 0.5, "utf-8")
    assert set(dataset.train["data"]) == {"Subject: Hello there\n\nbody", "plain"}


def test_quoted_newlines_tabs_and_byte_order_mark_are_understood(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.tsv", b'\xef\xbb\xbftext\tlabel\n"two\nlines"\tx\n"say ""hi"""\ty\na\tx\nb\ty\n')
    texts = set(load(path, COLUMNS, None, 0.5, "utf-8").train["data"]) | set(
        load(path, COLUMNS, None, 0.5, "utf-8").test["data"]
    )
    assert texts == {"two\nlines", 'say "hi"', "a", "b"}


def test_records_without_a_text_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", balanced(10) + "10,,even\n11,  ,odd\n")
    dataset = load(path, COLUMNS, None, 0.2, "utf-8")
    assert dataset.dropped == {"records without a text": 2}
    assert "dropped: 2 records without a text" in dataset.describe()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"text,label\n", "no record with a text"),
        (b"words,label\na,x\n", "line 1: there is no column 'text'. The columns are words, label"),
        (b"text,text\na,x\n", "names text more than once"),
        (b"text,label\na,x\nb,y,z\n", "line 3: 3 fields where the header has 2"),
        (b'text,label\n"a\nb",x\nc\n', "line 4: 1 fields where the header has 2"),
        (b'text,label\na,x\n"b,y\n', "record that starts on line 3"),
        (b"text,label\na,x\nb,\n", "line 3: no label"),
        (b"text,label\na,x\n\xff,y\n", "line 3: not utf-8"),
        (b"text,label\na,x\nb,x\n", "holds 1 distinct labels"),
    ],
)
def test_bad_file_is_refused_with_its_place(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = written(tmp_path / "mine.csv", content)
    with pytest.raises(BadInput) as refused:
        load(path, COLUMNS, None, 0.2, "utf-8")
    assert complaint in str(refused.value)
    assert str(path) in str(refused.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.csv: No such file"):
        load(tmp_path / "nowhere.csv", COLUMNS, None, 0.2, "utf-8")


def test_other_encoding_is_read_when_named(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\ncaf\u00e9,x\nth\u00e9,y\na,x\nb,y\n".encode("latin-1"))
    dataset = load(path, COLUMNS, None, 0.5, "latin-1")
    assert "caf\u00e9" in {*dataset.train["data"], *dataset.test["data"]}


def test_utf_16_without_its_mark_is_refused_with_the_option(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.csv", "text,label\na,x\n".encode("utf-16-le"))
    with pytest.raises(BadInput, match=r"mine\.csv.*--encoding"):
        load(path, COLUMNS, None, 0.5, "utf-16")


def test_label_that_only_the_test_file_has_is_refused(tmp_path: Path) -> None:
    train = written(tmp_path / "a.csv", balanced(10))
    test = written(tmp_path / "b.csv", "id,text,label\n1,a,strange\n")
    with pytest.raises(BadInput, match=r"strange never occur"):
        load(train, COLUMNS, test, 0.2, "utf-8")
