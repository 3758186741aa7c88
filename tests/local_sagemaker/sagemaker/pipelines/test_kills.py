"""Pipelines whose server is killed, again and again: nothing acknowledged is lost, and all come to an end."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from local_sagemaker.daemon import RunningServer, client_environment, ensure_running, find, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.pipelines.definitions import definition, training
from tests.local_sagemaker.sagemaker.pipelines.executing import ENDED, Pipelines
from tests.local_sagemaker.sagemaker.pipelines.sample import ALL, sample
from tests.local_sagemaker.sagemaker.processes import until, working_below

KILLS = 10
DATA = {"Data": f"s3://{BUCKET}/line/pairs.csv"}


def kill(state: StateDirectory, server: RunningServer) -> None:
    """Kill a server, and wait until nothing of it is left."""
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: find(state) is None and not working_below(state.work))


@dataclass
class Witness:
    """What a client was told: executions and their ended steps, which may not change any more."""

    arns: list[str] = field(default_factory=list)
    ended: dict[tuple[str, str], object] = field(default_factory=dict)

    def look(self, pipelines: Pipelines) -> None:
        """Hold what is told now to what was told before."""
        for arn in self.arns:
            steps = pipelines.steps(arn)
            told = {(arn, name): step for name, step in steps.items() if step["StepStatus"] in ENDED}
            before = {key: step for key, step in self.ended.items() if key[0] == arn}
            assert before.items() <= told.items()
            self.ended.update(told)


@pytest.mark.long
@pytest.mark.timeout(900)  # ten starts of a server, on a busy machine
def test_ten_kills_at_random_moments_lose_nothing_and_leave_no_process(own_state: StateDirectory) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    chance, witness = random.Random(seed), Witness()
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        Pipelines(cloud).create("line", sample(cloud, "lines"))
    for _ in range(KILLS):
        with Cloud(client_environment(server)) as cloud:
            pipelines = Pipelines(cloud)
            witness.look(pipelines)
            if len(witness.arns) < 2:
                witness.arns.append(pipelines.start("line", DATA))
            moment = time.monotonic() + chance.uniform(0, 4)
            while time.monotonic() < moment:
                witness.look(pipelines)
            kill(own_state, server)
        server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        pipelines = Pipelines(cloud)
        for arn in witness.arns:
            assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Succeeded", pipelines.steps(arn)
            assert pipelines.statuses(arn) == dict.fromkeys(ALL, "Succeeded")
        witness.look(pipelines)
        packages = cloud.sagemaker.list_model_packages(ModelPackageGroupName="lines", MaxResults=100)
        assert len(packages["ModelPackageSummaryList"]) == len(witness.arns), "each was registered once"
    stop(own_state)
    assert not working_below(own_state.work)


def attempt(step: dict[str, Any]) -> tuple[int, str]:
    """Tell which attempt of a step it is, and where it is."""
    return step["AttemptCount"], step["StepStatus"]


@pytest.mark.long
def test_a_step_that_was_cut_off_is_run_again_as_another_attempt(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        pipelines = Pipelines(cloud)
        text = definition(training(cloud, hyperparameters={"task": '"wait"'}))
        arn = pipelines.start(pipelines.create("waiting", text))
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", "pipelines-"))
        first = pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"]
        kill(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        pipelines = Pipelines(cloud)
        until(lambda: attempt(pipelines.steps(arn)["Train"]) == (2, "Executing"))  # the first attempt is told at first
        assert pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"] != first
        pipelines.stop(arn)
        assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Stopped"
        assert pipelines.statuses(arn) == {"Train": "Stopped"}


def test_an_execution_that_was_being_stopped_is_stopped(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        pipelines = Pipelines(cloud)
        text = definition(
            training(cloud, hyperparameters={"task": '"wait"'}), training(cloud, "Next", DependsOn=["Train"])
        )
        arn = pipelines.start(pipelines.create("waiting", text))
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", "pipelines-"))
        pipelines.stop(arn)
        kill(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        pipelines = Pipelines(cloud)
        assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Stopped"
        assert pipelines.statuses(arn) == {"Train": "Stopped"}
