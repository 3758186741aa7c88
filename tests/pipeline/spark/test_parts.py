"""The parts that tasks read: they make up the files, wherever these are cut, and name what is wrong as the jobs do."""

from __future__ import annotations

import gzip
import importlib
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.spark.shipping import PROGRAM
from tests.container_sources import PREPROCESSOR

TEXTS = ["plain", 'with "quotes", and a comma', "two\u2028lines", "", "naïve ☃", "the last one " * 40]
CATEGORIES = ["a", "b,c", "a", "ö", "b,c", "a"]


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (PREPROCESSOR, PROGRAM):
        monkeypatch.syspath_prepend(folder)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"spark_job.{name}")


def lines(n_records: int) -> list[str]:
    """Write records as lines of CSV, header line first."""
    quoted = ['"' + text.replace('"', '""') + '"' for text in TEXTS]
    rows = (f'{quoted[n % len(TEXTS)]},"{CATEGORIES[n % len(TEXTS)]}"' for n in range(n_records))
    return ["data,label_names", *rows]


def read_all(folder: Path) -> tuple[list[str], list[str], int]:
    """Read all parts below a folder, one after the other."""
    corpus = module("corpus")
    columns = corpus.Columns("data", "label_names")
    parts = corpus.parts_of(str(folder))
    records = [corpus.read_part(part, columns) for part in parts]
    texts = [text for one in records for text in one.texts]
    return texts, [category for one in records for category in one.categories], len(parts)


@pytest.mark.parametrize("part_bytes", [1, 7, 64, 1000, 10**6])
@pytest.mark.parametrize("ending", ["", "\n"])
def test_parts_make_up_the_file_wherever_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part_bytes: int, ending: str
) -> None:
    monkeypatch.setattr(module("corpus"), "PART_BYTES", part_bytes)
    (tmp_path / "train.csv").write_text("\n".join(lines(14)) + ending, encoding="utf-8")
    texts, categories, _ = read_all(tmp_path)
    assert texts == [TEXTS[n % 6].replace("\u2028", "\n") for n in range(14)]
    assert categories == [CATEGORIES[n % 6] for n in range(14)]


def test_files_of_all_kinds_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("\n".join(lines(2)), encoding="utf-8")
    (tmp_path / "2.csv.gz").write_bytes(gzip.compress("\n".join(lines(3)).encode()))
    table = pa.table({"other": [1, 2, 3], "label_names": ["x", "y", "z"], "data": ["p", "q\r\nr", "s"]})
    parquet.write_table(table, tmp_path / "3.parquet", row_group_size=2)
    (tmp_path / "notes.txt").write_text("no records")
    texts, categories, n_parts = read_all(tmp_path)
    assert texts[:2] == TEXTS[:2]
    assert texts[5:] == ["p", "q\nr", "s"]
    assert categories[5:] == ["x", "y", "z"]
    assert n_parts == 4, "Parquet has a part for each row group"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("one,two,three", "3 columns where the header line has 2"),
        ('"text",', "column 'label_names' is empty"),
        ('"text"x,a', "quote"),
    ],
)
def test_a_corrupt_record_is_named_by_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, reason: str
) -> None:
    monkeypatch.setattr(module("corpus"), "PART_BYTES", 50)
    content = [*lines(20)[:18], line, *lines(4)[1:]]
    (tmp_path / "train.csv").write_text("\n".join(content), encoding="utf-8")
    with pytest.raises(Exception, match=rf"train\.csv, line 19: .*{reason}") as caught:
        read_all(tmp_path)
    assert type(caught.value).__name__ == "JobRefused"


def test_no_file_and_no_such_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="there is no file that ends in"):
        read_all(tmp_path)
    (tmp_path / "train.csv").write_text("text,label_names\na,b\n")
    with pytest.raises(Exception, match=r"train\.csv, line 1: column 'data' is there not at all"):
        read_all(tmp_path)


def test_an_artefact_is_packed_as_sagemaker_packs_it(tmp_path: Path) -> None:
    (tmp_path / "model" / "serving").mkdir(parents=True)
    (tmp_path / "model" / "serving" / "recipe.json").write_text("{}")
    (tmp_path / "model" / "manifest.json").write_text("{}")
    module("artefacts").pack(tmp_path / "model", tmp_path / "job" / "output" / "model.tar.gz")
    with tarfile.open(tmp_path / "job" / "output" / "model.tar.gz") as archive:
        assert set(archive.getnames()) == {"manifest.json", "serving", "serving/recipe.json"}
    module("artefacts").pack(tmp_path / "none", tmp_path / "job" / "output" / "output.tar.gz")
    assert not (tmp_path / "job" / "output" / "output.tar.gz").exists()


def test_settings_reach_a_training_script_as_from_the_toolkit() -> None:
    given: dict[str, Any] = {"passes": 8, "fit_prior": False, "lead_exponent": -0.5}
    written = module("sources").as_arguments(given)
    assert written == ["--fit_prior", "False", "--lead_exponent", "-0.5", "--passes", "8"]
