"""Which files `INPUT` names."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.input_files import INPUT_FILES


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("a.csv", ["a.csv"]),
        ("a.csv b.csv", ["a.csv", "b.csv"]),
        ("a.csv 'my own.csv'", ["a.csv", "my own.csv"]),
        ("my own.csv", ["my own.csv"]),
        ("no such file.csv", ["no such file.csv"]),
        ("s3://b/p s3://b/q", ["s3://b/p", "s3://b/q"]),
        ("it's.csv", ["it's.csv"]),
    ],
)
def test_several_files_stand_in_one_variable_and_a_name_may_hold_blanks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, names: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "my own.csv"):
        Path(name).touch()
    assert list(INPUT_FILES.split_envvar_value(value)) == names
