"""Containers that die, watched without a server: restarts, pauses, and giving up."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from local_sagemaker.containers import ContainerFailed, ContainerResponse, ServingContainer, ServingDefinition
from local_sagemaker.database import Database
from local_sagemaker.logs import store
from local_sagemaker.logs.store import LogStore
from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.records import Plan, VariantPlan
from local_sagemaker.sagemaker.endpoints.supervision import BackOff, Supervisor
from local_sagemaker.sagemaker.models.operations import ContainerDefinition
from local_sagemaker.sagemaker.running import retrying
from local_sagemaker.sagemaker.running.inference_pipeline import InferencePipeline, InvocationFailed, PipelineContainer
from local_sagemaker.sagemaker.running.log_streams import LogStreams
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest
from tests.local_sagemaker.sagemaker.processes import until

QUICK = BackOff(poll=0.01, first=0.01, longest=0.02, tries=3)


class Fake:
    """A container that dies when told to, and comes up only so often."""

    starts_left = 1000
    trouble: ClassVar[list[Exception]] = []
    """Raised by the next looks and starts, each once."""
    made: list[Fake]

    def __init__(self) -> None:
        self.living = False
        self.hangs: str | None = None
        self.made.append(self)

    def start(self) -> None:
        if Fake.trouble:
            raise Fake.trouble.pop()
        if Fake.starts_left == 0:
            raise ContainerFailed("exit code 1: no such file")
        Fake.starts_left -= 1
        self.living = True

    def wait_until_healthy(self, timeout: float, stop: threading.Event | None = None) -> None:
        return None

    def is_alive(self) -> bool:
        return self.living

    def hung(self) -> str | None:
        if Fake.trouble:
            raise Fake.trouble.pop()
        return self.hangs

    def invoke(
        self, body: bytes, content_type: str | None, accept: str | None, timeout: float, attributes: str | None
    ) -> ContainerResponse:
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
    Fake.made, Fake.starts_left, Fake.trouble = [], 1000, []
    container = PipelineContainer(
        "primary",
        lambda: ServingDefinition("image", {}, None, None),
        lambda *_: cast("ServingContainer", Fake()),
        tmp_path / "work",
        logs.open("group", "stream"),
    )
    variant = VariantPlan("AllTraffic", (ContainerDefinition("primary", "image", None, {}),), {})
    running = Deployment(Plan("config", (variant,)), {"AllTraffic": InferencePipeline([container])}, tmp_path / "work")
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
    supervisor = Supervisor(deployment, lambda _: None, BackOff(poll=0.01, first=0.2, longest=0.2, tries=3))
    Fake.made[0].living = False
    answer = deployment.pipelines["AllTraffic"].invoke(b"body", None, None, 60.0)
    supervisor.stop()
    assert answer.response.body == b"body"
    assert len(Fake.made) == 2


def test_waiting_requests_get_an_error_when_a_container_is_given_up(deployment: Deployment) -> None:
    Supervisor(deployment, lambda _: deployment.stop(), QUICK)
    Fake.starts_left = 0
    Fake.made[0].living = False
    with pytest.raises(InvocationFailed):
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
    with pytest.raises(Stopped), stop.on_stop(lambda: called.append("ended")):
        called.append("begun")
    assert called == []
    assert stop.reason is StopReason.BY_USER


def out_of_files() -> ContainerFailed:
    failure = ContainerFailed("the container could not be laid out")
    failure.__cause__ = OSError(errno.EMFILE, "Too many open files")
    return failure


@pytest.mark.parametrize("trouble", [OSError(errno.EMFILE, "Too many open files"), MemoryError(), ValueError("bug")])
def test_a_look_that_fails_does_not_end_the_watch(deployment: Deployment, trouble: Exception) -> None:
    given_up: list[str] = []
    supervisor = Supervisor(deployment, given_up.append, QUICK)
    Fake.trouble = [trouble] * 5
    until(lambda: not Fake.trouble)
    Fake.made[0].living = False
    until(lambda: len(Fake.made) == 2 and Fake.made[1].living)
    supervisor.stop()
    assert given_up == []


@pytest.mark.parametrize("trouble", [out_of_files(), RuntimeError("can't start new thread"), MemoryError()])
def test_what_the_machine_is_short_of_costs_a_container_none_of_its_tries(
    deployment: Deployment, trouble: Exception
) -> None:
    given_up: list[str] = []
    supervisor = Supervisor(deployment, given_up.append, QUICK)
    Fake.trouble = [trouble] * 10 * QUICK.tries
    Fake.made[0].living = False
    until(lambda: not Fake.trouble and Fake.made[-1].living)
    assert deployment.pipelines["AllTraffic"].invoke(b"body", None, None, 60.0).response.body == b"body"
    supervisor.stop()
    assert given_up == []


def test_a_container_that_was_started_but_never_found_healthy_is_started_again(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfound = [out_of_files()]

    def wait(self: Fake, timeout: float, stop: threading.Event | None = None) -> None:
        if unfound:
            raise unfound.pop()

    monkeypatch.setattr(Fake, "wait_until_healthy", wait)
    supervisor = Supervisor(deployment, lambda _: None, QUICK)
    Fake.made[0].living = False
    assert deployment.pipelines["AllTraffic"].invoke(b"body", None, None, 60.0).response.body == b"body"
    supervisor.stop()
    assert [container.living for container in Fake.made] == [False, False, True]


def test_containers_are_all_stopped_although_one_cannot_be(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [InferencePipeline([_another(deployment)]) for _ in range(2)]
    for pipeline in others:
        pipeline.start(60.0, StopRequest())
    deployment.pipelines = {"A": others[0], **deployment.pipelines, "B": others[1]}
    broken, stop = Fake.made[0], Fake.stop
    once = [OSError(errno.EMFILE, "Too many open files")]

    def fail_once(self: Fake) -> None:
        if self is broken and once:
            raise once.pop()
        stop(self)

    monkeypatch.setattr(Fake, "stop", fail_once)
    with pytest.raises(OSError, match="Too many"):
        deployment.stop()
    assert [container.living for container in Fake.made] == [True, False, False]
    deployment.stop()
    assert not broken.living


def _another(deployment: Deployment) -> PipelineContainer:
    first = deployment.pipelines["AllTraffic"].containers[0]
    return PipelineContainer(
        "another",
        lambda: ServingDefinition("image", {}, None, None),
        lambda *_: cast("ServingContainer", Fake()),
        Path("unused"),
        first.log,
    )


def test_containers_are_stopped_when_no_thread_is_to_be_had(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        deployment.stop()
    assert not Fake.made[0].living


def test_a_request_has_the_time_of_each_container_of_its_pipeline(deployment: Deployment) -> None:
    assert deployment.longest_request == 60.0
    pipeline = deployment.pipelines["AllTraffic"]
    deployment.pipelines = {"A": pipeline, "B": InferencePipeline([*pipeline.containers, _another(deployment)])}
    assert deployment.longest_request == 120.0


def test_an_action_that_fails_does_not_keep_a_stop_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_PAUSE", 0.01)
    stop, called, failures = StopRequest(), list[str](), [OSError(errno.EMFILE, "Too many open files")]

    def fail_once() -> None:
        if failures:
            raise failures.pop()
        called.append("first")

    with stop.on_stop(fail_once), stop.on_stop(lambda: called.append("second")):
        stop.give(StopReason.BY_USER)
    assert called == ["first", "second"]


def test_the_logs_are_written_on_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(tmp_path / "logs.sqlite", [store.SCHEMA])
    kept = LogStore(database)
    append, failures = kept.append, [MemoryError()]

    def fail_once(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return append(*arguments)

    monkeypatch.setattr(kept, "append", fail_once)
    streams = LogStreams(kept)
    stream = streams.open("group", "stream")
    stream.write("lost")
    until(lambda: not failures)
    stream.write("kept")
    until(lambda: _stored(database) == 1)
    streams.shut_down()
    database.close()


def _stored(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute("SELECT count(*) FROM log_events").fetchone()[0])
