"""Notes each campaign for the report, and bounds what a module's cases take of memory together."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.fuzz.campaign import MEGABYTE, most_memory, tried
from tests.reliability import note

GROWTH = 400 * MEGABYTE
"""What libraries and hypothesis itself take over a long campaign is a fraction of it; a bomb is not."""


@pytest.fixture(autouse=True)
def _noted(request: pytest.FixtureRequest) -> Iterator[None]:
    name, began = request.node.originalname, time.monotonic()
    before = tried[name]
    yield
    if cases := tried[name] - before:
        what = name.removeprefix("test_").replace("_", " ")
        note("fuzzing", "Fuzzing", what, f"{cases:,} cases in {time.monotonic() - began:.0f} s")


@pytest.fixture(autouse=True, scope="module")
def _bounded_memory() -> Iterator[None]:
    before = most_memory()
    yield
    grown = most_memory() - before
    assert grown < GROWTH, f"memory grew by {grown / MEGABYTE:.0f} MB"
