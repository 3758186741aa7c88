"""A schedule whose server ends between the call of its target and its answer: called again, and no harm is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.scheduler.firing import LONGEST_SECONDS, MOST_RETRIES, Firing
from local_sagemaker.scheduler.records import Schedule, now
from local_sagemaker.scheduler.store import SCHEMA, ScheduleStore
from local_sagemaker.scheduler.targets import Targets

POLICY = {"MaximumEventAgeInSeconds": LONGEST_SECONDS, "MaximumRetryAttempts": MOST_RETRIES}


class Power(BaseException):
    """The server ends at once."""


@dataclass
class SageMaker:
    """Endpoints that are made and deleted; the power can fail before or after that."""

    endpoints: set[str] = field(default_factory=lambda: {"e"})
    fails_before: bool = False
    fails_after: bool = False
    is_busy: bool = False
    calls: int = 0

    def __call__(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if self.fails_before:
            raise Power
        self.calls += 1
        if self.is_busy:
            raise AwsError("ValidationException", "Cannot update in-progress endpoint.")
        self._act(operation, parameters["EndpointName"])
        if self.fails_after:
            raise Power
        return {}

    def _act(self, operation: str, name: str) -> None:
        if operation == "DeleteEndpoint":
            if name not in self.endpoints:
                raise AwsError("ValidationException", f"Could not find endpoint {name}.")
            self.endpoints.remove(name)
            return
        if name in self.endpoints:
            raise AwsError("ValidationException", f"Cannot create already existing endpoint {name}.")
        self.endpoints.add(name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ScheduleStore]:
    database = Database(tmp_path / "state.sqlite", (SCHEMA,))
    yield ScheduleStore(database)
    database.close()


def keep(store: ScheduleStore, operation: str, expression: str, after: str = "DELETE") -> None:
    target = {
        "Arn": f"arn:aws:scheduler:::aws-sdk:sagemaker:{operation}",
        "Input": '{"EndpointName": "e"}',
        "RetryPolicy": POLICY,
    }
    request = {"ScheduleExpression": expression, "Target": target, "ActionAfterCompletion": after}
    due = now() - timedelta(seconds=1)
    store.put(Schedule(name="s", group="g", region="us-east-1", request=request, created=due, modified=due, due=due))


def fire(store: ScheduleStore, sagemaker: SageMaker) -> None:
    """Fire what is due, with a server of its own."""
    schedule = store.next_due()
    assert schedule is not None
    Firing(store, Targets(sagemaker, lambda _: True))._fire(schedule)


def fire_until_the_power_fails(store: ScheduleStore, sagemaker: SageMaker) -> None:
    with pytest.raises(Power):
        fire(store, sagemaker)
    sagemaker.fails_before = sagemaker.fails_after = False


def test_a_call_that_was_carried_out_is_made_again_and_what_is_gone_is_done(store: ScheduleStore) -> None:
    keep(store, "deleteEndpoint", "at(2026-01-01T00:00:00)")
    sagemaker = SageMaker(fails_after=True)
    fire_until_the_power_fails(store, sagemaker)
    fire(store, sagemaker)
    assert (sagemaker.calls, sagemaker.endpoints, store.all()) == (2, set(), [])


def test_a_call_that_was_not_sent_is_made(store: ScheduleStore) -> None:
    keep(store, "deleteEndpoint", "at(2026-01-01T00:00:00)")
    sagemaker = SageMaker(fails_before=True)
    fire_until_the_power_fails(store, sagemaker)
    fire(store, sagemaker)
    assert (sagemaker.calls, sagemaker.endpoints, store.all()) == (1, set(), [])


def test_a_creation_that_was_carried_out_is_done_and_the_rate_goes_on(store: ScheduleStore) -> None:
    keep(store, "createEndpoint", "rate(1 hour)")
    sagemaker = SageMaker(endpoints=set(), fails_after=True)
    fire_until_the_power_fails(store, sagemaker)
    fire(store, sagemaker)
    (left,) = store.all()
    assert (sagemaker.endpoints, left.failures, left.is_calling, left.may_be_done) == ({"e"}, 0, False, False)
    assert left.due is not None
    assert left.due > now() + timedelta(minutes=59)


def test_what_is_still_busy_is_tried_again_and_may_be_done_until_the_end(store: ScheduleStore) -> None:
    keep(store, "deleteEndpoint", "at(2026-01-01T00:00:00)")
    sagemaker = SageMaker(fails_after=True)
    fire_until_the_power_fails(store, sagemaker)
    sagemaker.is_busy = True
    fire(store, sagemaker)
    assert [left.failures for left in store.all()] == [1]
    sagemaker.is_busy = False
    fire(store, sagemaker)
    assert store.all() == []


@pytest.mark.parametrize("operation", ["deleteEndpoint", "createEndpoint"])
def test_without_an_end_between_a_refusal_is_tried_again(store: ScheduleStore, operation: str) -> None:
    keep(store, operation, "at(2026-01-01T00:00:00)")
    sagemaker = SageMaker(endpoints=set() if operation == "deleteEndpoint" else {"e"})
    for failures in (1, 2):
        fire(store, sagemaker)
        assert [(left.failures, left.may_be_done) for left in store.all()] == [(failures, False)]


def test_a_schedule_that_was_deleted_meanwhile_does_not_fire(store: ScheduleStore) -> None:
    keep(store, "deleteEndpoint", "at(2026-01-01T00:00:00)")
    schedule = store.next_due()
    assert schedule is not None
    store.delete("g", "s")
    sagemaker = SageMaker()
    Firing(store, Targets(sagemaker, lambda _: True))._fire(schedule)
    assert (sagemaker.calls, store.all()) == (0, [])
