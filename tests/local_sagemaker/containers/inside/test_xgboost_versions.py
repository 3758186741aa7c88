"""Which forms the algorithm's files and answers have, by the version that was asked for."""

from __future__ import annotations

import importlib.util

import pytest

from local_sagemaker.containers.images.image import Image
from local_sagemaker.containers.images.runtime import Runtime
from local_sagemaker.containers.stand_ins import STAND_INS

FILE = STAND_INS / "sagemaker_xgboost_container" / "algorithm_mode" / "versions.py"
SPEC = importlib.util.spec_from_file_location("versions", FILE)
assert SPEC is not None
assert SPEC.loader is not None
versions = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(versions)


@pytest.mark.parametrize(
    ("asked", "before"),
    [
        (None, False),
        ("", False),
        ("0.90-2", True),
        ("1.2-2", True),
        ("1.3-1", False),
        ("1.7-1", False),
        ("1.10-1", False),
        ("2.0-1", False),
        ("xgboost:latest", True),
        ("xgboost:1", True),
    ],
)
def test_a_version_is_before_another_by_its_numbers(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, before: bool
) -> None:
    variables = Runtime(Image(repository="boosting"), None, asked).variables
    monkeypatch.delenv(versions.ASKED, raising=False)
    if asked is not None:
        monkeypatch.setenv(versions.ASKED, variables[versions.ASKED])
    assert versions.is_before(1, 3) is before
