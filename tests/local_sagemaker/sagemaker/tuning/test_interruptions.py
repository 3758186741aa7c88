"""Tuning jobs whose training jobs fail by no doing of their own, or whose server goes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from local_sagemaker.containers import TrainingOutcome
from local_sagemaker.daemon import client_environment, ensure_running, find
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.sagemaker.in_process import FakeTraining, InProcess
from tests.local_sagemaker.sagemaker.processes import until, working_below


class Failing:
    """A container of which the first ones break on this machine; the others say a score."""

    broken: ClassVar[int] = 0

    def __init__(self, *given: object) -> None:
        self._log: Callable[[str], None] = given[-1]  # type: ignore[assignment]

    def provide_image(self) -> None:
        return

    def run(self) -> TrainingOutcome:
        if Failing.broken > 0:
            Failing.broken -= 1
            raise RuntimeError("out of something")
        self._log("score=1")
        return TrainingOutcome(0, None)

    def stop(self) -> None:
        return


@pytest.fixture
def local(tmp_path: Path) -> Iterator[InProcess]:
    one = InProcess(tmp_path)
    yield one
    one.close()


def ended(local: InProcess, name: str) -> str:
    until(lambda: local.tuned(name)["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"))
    return str(local.tuned(name)["HyperParameterTuningJobStatus"])


@pytest.mark.parametrize(("attempts", "retryable", "not_retryable"), [(0, 0, 1), (1, 1, 0), (2, 1, 0)])
def test_a_training_job_that_broke_is_tried_again_as_often_as_asked(
    local: InProcess, monkeypatch: pytest.MonkeyPatch, attempts: int, retryable: int, not_retryable: int
) -> None:
    monkeypatch.setattr("local_sagemaker.sagemaker.service.TrainingContainer", Failing)
    Failing.broken = 1
    local.tune("t", attempts=attempts)
    assert ended(local, "t") == "Completed"
    described = local.tuned("t")
    counters = described["TrainingJobStatusCounters"]
    assert (counters["RetryableError"], counters["NonRetryableError"]) == (retryable, not_retryable)
    assert counters["Completed"] == 2 - not_retryable
    again = local.call("ListTrainingJobsForHyperParameterTuningJob", HyperParameterTuningJobName="t")
    tried = [one["TunedHyperParameters"]["x"] for one in again["TrainingJobSummaries"]]
    assert tried == (["1", "1", "2"] if retryable else ["1", "2"])


def test_a_tuning_job_can_be_stopped_as_soon_as_it_is_described(
    local: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_sagemaker.sagemaker.service.TrainingContainer", FakeTraining)
    local.tune("t", parallel=2)
    local.call("StopHyperParameterTuningJob", HyperParameterTuningJobName="t")
    assert ended(local, "t") == "Stopped"
    assert local.tuned("t")["TrainingJobStatusCounters"]["InProgress"] == 0


@pytest.mark.long
def test_after_a_kill_a_tuning_job_has_failed_and_nothing_of_it_runs(own_state: StateDirectory) -> None:
    pytest.importorskip("optuna")
    server = ensure_running(own_state)
    name = f"killed-{os.getpid()}"
    with Cloud(client_environment(server)) as cloud:
        ranges = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["waiting"]}]}
        cloud.start_tuning(
            name,
            ranges=ranges,
            strategy="Bayesian",
            limits={"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
        )
        until(lambda: cloud.log_lines("/aws/sagemaker/TrainingJobs", name).count("waiting") == 2)
        assert searching(name)
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: find(own_state) is None and not working_below(own_state.work) and not searching(name))
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        described = cloud.tuned(name)
        assert described["HyperParameterTuningJobStatus"] == "Failed"
        assert "the local SageMaker stopped while the job was running" in described["FailureReason"]
        assert [one["TrainingJobStatus"] for one in cloud.tried(name)] == ["Failed", "Failed"]


def searching(name: str) -> bool:
    """Whether a tuning job's Optuna runs."""
    listing = subprocess.run(["ps", "axww", "-o", "command="], capture_output=True, text=True, check=True).stdout
    return any("optuna_process.py" in line and line.endswith(name) for line in listing.splitlines())
