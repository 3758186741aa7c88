"""The whole life on the local SageMaker and on moto: the same requests, as they are recorded, and nothing left."""

from __future__ import annotations

import json
import os

import pytest

from tests.integration.exact_requests import RECORDED, recorded
from tests.integration.lives import LIFE, NAME, Life

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture(params=["the local SageMaker", "moto"])
def lived(request: pytest.FixtureRequest) -> Life:
    """A life that has been lived."""
    life: Life = request.getfixturevalue("life" if request.param == "the local SageMaker" else "life_on_moto")
    return life


def test_the_requests_are_those_that_are_recorded(lived: Life) -> None:
    found = recorded(LIFE, lived.calls)
    if os.environ.get("WRITE_PAGES"):
        RECORDED.write_text(json.dumps(found, indent=1) + "\n")
    expected = json.loads(RECORDED.read_text())
    for item, wanted in zip(found, expected, strict=True):
        assert item == wanted


def test_nothing_is_left_but_a_strangers_things(lived: Life) -> None:
    assert lived.after == lived.before
    names = [item for kind in ("models", "groups", "alarms", "buckets", "schedules") for item in lived.before[kind]]
    assert len(names) == 5
    assert all(item.startswith(f"{NAME}-") for item in names)
