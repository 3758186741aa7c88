"""Containers that die, watched without a server: restarts, pauses, and giving up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from local_sagemaker.containers import ContainerFailed, ContainerResponse, ServingContainer, ServingDefinition
from local_sagemaker.database import Database
from local_sagemaker.logs import store
from local_sagemaker.logs.store import LogStore
from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.records import Plan, VariantPlan
from local_sagemaker.sagemaker.endpoints.supervision import BackOff, Supervisor
from local_sagemaker.sagemaker.models.operations import ContainerDefinition
from local_sagemaker.sagemaker.running.log_streams import LogStreams
from local_sagemaker.sagemaker.running.pipelines import NoAnswer, RunningContainer, RunningPipeline
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest
from tests.local_sagemaker.sagemaker.processes import until

QUICK = BackOff(look=0.01, first=0.01, longest=0.02, tries=3)


class Fake:
    """A container that dies when told to, and comes up only so often."""

    starts_left = 1000
    made: list[Fake]

    def __init__(self) -> None:
        self.living = False
        self.hangs: str | None = None
        self.made.append(self)

    def start(self) -> None:
        if Fake.starts_left == 0:
            raise ContainerFailed("exit code 1: no such file")
        Fake.starts_left -= 1
        self.living = True

    def wait_until_healthy(self, timeout: float, stop: threading.Event | None = None) -> None:
        return None

    def is_alive(self) -> bool:
        return self.living

    def hung(self) -> str | None:
        return self.hangs

    def invoke(self, body: bytes, content_type: str | None, accept: str | None, timeout: float) -> ContainerResponse:
        return ContainerResponse(200, None, body)

    def stop(self) -> None:
        self.living = False


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[LogStreams]:
    database = Database(tmp_path / "state.sqlite", [store.SCHEMA])
    streams = LogStreams(LogStore(database))
    yield streams
    streams.shut_down()
    database.close()


@pytest.fixture
def deployment(tmp_path: Path, logs: LogStreams) -> Iterator[Deployment]:
    Fake.made, Fake.starts_left = [], 1000
    container = RunningContainer(
        "primary",
        lambda: ServingDefinition("image", {}, None, None),
        lambda *_: cast("ServingContainer", Fake()),
        tmp_path / "work",
        logs.open("group", "stream"),
    )
    variant = VariantPlan("AllTraffic", (ContainerDefinition("primary", "image", None, {}),), {})
    running = Deployment(Plan("config", (variant,)), {"AllTraffic": RunningPipeline([container])}, tmp_path / "work")
    running.start(StopRequest())
    yield running
    running.stop()


def test_a_dead_container_is_replaced(deployment: Deployment) -> None:
    given_up: list[str] = []
    supervisor = Supervisor(deployment, given_up.append, QUICK)
    Fake.made[0].living = False
    until(lambda: len(Fake.made) == 2 and Fake.made[1].living)
    supervisor.stop()
    assert given_up == []


def test_a_hung_container_is_killed_and_replaced(deployment: Deployment) -> None:
    given_up: list[str] = []
    supervisor = Supervisor(deployment, given_up.append, QUICK)
    Fake.made[0].hangs = "no answer"
    until(lambda: len(Fake.made) == 2 and Fake.made[1].living)
    supervisor.stop()
    assert not Fake.made[0].living
    assert given_up == []


def test_requests_wait_while_a_container_is_started_anew(deployment: Deployment) -> None:
    supervisor = Supervisor(deployment, lambda _: None, BackOff(look=0.01, first=0.2, longest=0.2, tries=3))
    Fake.made[0].living = False
    answer = deployment.pipelines["AllTraffic"].invoke(b"body", None, None, 60.0)
    supervisor.stop()
    assert answer.response.body == b"body"
    assert len(Fake.made) == 2


def test_waiting_requests_get_an_error_when_a_container_is_given_up(deployment: Deployment) -> None:
    Supervisor(deployment, lambda _: deployment.stop(), QUICK)
    Fake.starts_left = 0
    Fake.made[0].living = False
    with pytest.raises(NoAnswer):
        deployment.pipelines["AllTraffic"].invoke(b"body", None, None, 60.0)


def test_a_container_that_does_not_come_up_again_is_given_up_with_its_reason(deployment: Deployment) -> None:
    given_up: list[str] = []
    Supervisor(deployment, given_up.append, QUICK)
    Fake.starts_left = 0
    Fake.made[0].living = False
    until(lambda: bool(given_up))
    assert given_up == [
        "The container primary for production variant AllTraffic ended 4 times and is not started again. "
        "Please check CloudWatch logs for this endpoint. (exit code 1: no such file)"
    ]
    assert len(Fake.made) == 1 + QUICK.tries


def test_a_container_that_keeps_dying_is_given_up(deployment: Deployment) -> None:
    given_up: list[str] = []
    Supervisor(deployment, given_up.append, QUICK)

    def kill() -> bool:
        for container in Fake.made:
            container.living = False
        return bool(given_up)

    until(kill)
    assert len(Fake.made) == 1 + QUICK.tries


def test_pauses_grow_to_the_longest() -> None:
    pauses = [BackOff().pause(failures) for failures in range(1, 9)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, 30.0)


def test_a_stopped_watch_starts_nothing(deployment: Deployment) -> None:
    supervisor = Supervisor(deployment, lambda _: None, QUICK)
    supervisor.stop()
    deployment.stop()
    assert len(Fake.made) == 1


def test_work_that_is_stopped_before_it_begins_does_not_begin() -> None:
    stop = StopRequest()
    stop.give(StopReason.BY_USER)
    stop.give(StopReason.SHUT_DOWN)
    called: list[str] = []
    with pytest.raises(Stopped), stop.ending(lambda: called.append("ended")):
        called.append("begun")
    assert called == []
    assert stop.reason is StopReason.BY_USER
