"""Training jobs that fail by no doing of their own, and whose RetryStrategy lets them be run again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from local_sagemaker.containers import TrainingOutcome
from tests.local_sagemaker.sagemaker.in_process import InProcess
from tests.local_sagemaker.sagemaker.processes import until


class Failing:
    """A container of which the first ones break on this machine; what runs waits where it is told to."""

    broken: ClassVar[int] = 0
    exit_code: ClassVar[int] = 0
    runs: ClassVar[int] = 0
    let_go: ClassVar[threading.Event]

    def __init__(self, *_: object) -> None:
        self._stopped = threading.Event()

    def provide_image(self) -> None:
        return

    def run(self) -> TrainingOutcome:
        Failing.runs += 1
        if Failing.broken > 0:
            Failing.broken -= 1
            raise RuntimeError("out of something")
        while not (self._stopped.wait(0.005) or Failing.let_go.is_set()):
            pass
        return TrainingOutcome(Failing.exit_code, None)

    def stop(self) -> None:
        self._stopped.set()


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    monkeypatch.setattr("local_sagemaker.sagemaker.service.TrainingContainer", Failing)
    Failing.broken, Failing.exit_code, Failing.runs, Failing.let_go = 0, 0, 0, threading.Event()
    Failing.let_go.set()
    one = InProcess(tmp_path)
    yield one
    Failing.let_go.set()
    one.close()


def described(local: InProcess) -> dict[str, Any]:
    return local.call("DescribeTrainingJob", TrainingJobName="j")


def ended(local: InProcess) -> dict[str, Any]:
    until(lambda: described(local)["TrainingJobStatus"] not in ("InProgress", "Stopping"))
    return described(local)


def statuses(job: dict[str, Any]) -> list[str]:
    return [one["Status"] for one in job["SecondaryStatusTransitions"]]


def test_a_job_that_broke_runs_again_and_completes(local: InProcess) -> None:
    Failing.broken = 2
    local.train("j", attempts=2)
    job = ended(local)
    assert (job["TrainingJobStatus"], Failing.runs) == ("Completed", 3)
    assert statuses(job).count("Restarting") == 2
    assert job["RetryStrategy"] == {"MaximumRetryAttempts": 2}
    assert "FailureReason" not in job


def test_a_job_that_breaks_more_often_than_it_may_has_failed(local: InProcess) -> None:
    Failing.broken = 3
    local.train("j", attempts=1)
    job = ended(local)
    assert (job["TrainingJobStatus"], Failing.runs) == ("Failed", 2)
    assert job["FailureReason"] == "InternalServerError: RuntimeError: out of something"


def test_a_script_that_fails_is_not_tried_again(local: InProcess) -> None:
    Failing.exit_code = 1
    local.train("j", attempts=5)
    assert (ended(local)["TrainingJobStatus"], Failing.runs) == ("Failed", 1)


def test_a_job_that_runs_again_can_be_stopped(local: InProcess) -> None:
    Failing.broken = 1
    Failing.let_go.clear()
    local.train("j", attempts=1)
    until(lambda: Failing.runs == 2)
    local.call("StopTrainingJob", TrainingJobName="j")
    assert statuses(ended(local))[-1] == "Stopped"


def test_a_job_that_is_stopped_as_it_is_about_to_run_again_does_not(local: InProcess) -> None:
    """Told between the note that it is restarted and the restart."""
    Failing.broken = 1

    def stop_when_restarting() -> None:
        if described(local)["SecondaryStatus"] == "Restarting":
            local.call("StopTrainingJob", TrainingJobName="j")
        else:
            local.database.after_write = stop_when_restarting

    local.database.after_write = stop_when_restarting
    local.train("j", attempts=1)
    assert statuses(ended(local))[-3:] == ["Restarting", "Stopping", "Stopped"]
    assert Failing.runs == 1
