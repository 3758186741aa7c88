"""What the tests of the containers share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_sagemaker.containers.serving_containers import Starter, starter


@pytest.fixture
def containers(tmp_path: Path) -> Iterator[Starter]:
    """Starts serving containers; stops them after the test."""
    with starter(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared_containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts serving containers that all tests of a module use."""
    with starter(tmp_path_factory.mktemp("containers")) as made:
        yield made
