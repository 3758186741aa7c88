"""A serving container's worker reads what all packages declare a single time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local_sagemaker.containers.stand_ins import STAND_INS


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, imported as no container's."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.syspath_prepend(str(STAND_INS.parent))
    sys.modules.pop("serve", None)
    return importlib.import_module("serve")


def test_packages_are_read_once_however_often_they_are_asked_for(
    serve: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    distributions = metadata.distributions

    def counted(**asked: Any) -> Iterable[metadata.Distribution]:
        reads.append(1)
        return distributions(**asked)

    monkeypatch.setattr(metadata, "distributions", counted)
    expected = {point.name for point in metadata.entry_points(group="console_scripts")}
    reads.clear()
    with serve.entry_points_read_once():
        found = [{point.name for point in metadata.entry_points(group="console_scripts")} for _ in range(5)]
        nothing = metadata.entry_points(group="gevent.plugins.monkey.none")
    assert found == [expected] * 5
    assert not nothing
    assert len(reads) == 1
    assert {point.name for point in metadata.entry_points(group="console_scripts")} == expected
    assert len(reads) == 2, "afterwards it is as before"
