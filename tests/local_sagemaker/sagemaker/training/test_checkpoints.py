"""What training jobs write to S3 while they run: checkpoints, from which the next goes on, and intermediate output."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, find
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below

GROUP = "/aws/sagemaker/TrainingJobs"


def start(cloud: Cloud, job: str, place: str, then: str) -> None:
    """Start a job that leaves its next step below a place."""
    checkpoints = {"S3Uri": f"s3://{BUCKET}/{place}", "LocalPath": "/opt/ml/checkpoints"}
    cloud.start_training(job, "stepper", HyperParameters={"then": f'"{then}"'}, CheckpointConfig=checkpoints)


def steps(cloud: Cloud, job: str) -> list[str]:
    """Return which steps a job has done."""
    return [line for line in cloud.log_lines(GROUP, f"{job}/") if line.startswith("step ")]


def status(cloud: Cloud, job: str) -> Any:
    return cloud.sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"]


def test_checkpoints_are_in_s3_while_the_job_runs(cloud: Cloud, name: str) -> None:
    start(cloud, name, name, "wait")
    until(lambda: cloud.keys(f"{name}/") == ["deep/step-1"])
    assert status(cloud, name) == "InProgress"
    assert cloud.get(f"{name}/deep/step-1") == b"1"
    cloud.sagemaker.stop_training_job(TrainingJobName=name)
    assert cloud.trained(name)["TrainingJobStatus"] == "Stopped"
    assert cloud.keys(f"{name}/") == ["deep/step-1"]


def test_a_job_goes_on_from_its_place_and_what_it_deletes_goes_from_s3_while_it_runs(cloud: Cloud, name: str) -> None:
    cloud.put(f"{name}/deep/step-1", b"1")
    cloud.put(f"{name}/other", b"an object that the script leaves alone")
    start(cloud, name, f"{name}/", "wait")
    until(lambda: cloud.keys(f"{name}/") == ["deep/step-2", "other"])
    assert status(cloud, name) == "InProgress"
    cloud.put(f"{name}/deep/step-1", b"put there since: no file of the job's")
    cloud.sagemaker.stop_training_job(TrainingJobName=name)
    cloud.trained(name)
    assert steps(cloud, name) == ["step 2"]
    assert cloud.keys(f"{name}/") == ["deep/step-1", "deep/step-2", "other"]


@pytest.mark.parametrize(("then", "ended"), [("fail", "Failed"), ("end", "Completed")])
def test_the_last_checkpoints_of_a_job_are_in_s3_however_it_ends(
    cloud: Cloud, name: str, then: str, ended: str
) -> None:
    cloud.put(f"{name}/deep/step-1", b"1")
    start(cloud, name, name, then)
    assert cloud.trained(name)["TrainingJobStatus"] == ended
    assert cloud.keys(f"{name}/") == ["deep/step-2"]


@pytest.mark.long
def test_after_a_kill_of_the_server_the_next_job_goes_on_from_the_checkpoints(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        start(cloud, "killed", "checkpoints", "wait")
        until(lambda: cloud.keys("checkpoints/") == ["deep/step-1"])
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: find(own_state) is None and not working_below(own_state.work))
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert cloud.keys("checkpoints/") == ["deep/step-1"]
        assert cloud.trained("killed")["TrainingJobStatus"] == "Failed"
        start(cloud, "next", "checkpoints", "end")
        assert cloud.trained("next")["TrainingJobStatus"] == "Completed"
        assert steps(cloud, "next") == ["step 2"]
        assert cloud.keys("checkpoints/") == ["deep/step-2"]


def test_intermediate_output_is_in_s3_while_the_job_runs_where_the_toolkit_is_told_so(cloud: Cloud, name: str) -> None:
    output = {"sagemaker_s3_output": f'"s3://{BUCKET}/{name}/"'}
    cloud.start_training(name, "stepper", HyperParameters={"then": '"wait"', **output})
    until(lambda: cloud.keys(f"{name}/") == [f"{name}/output/intermediate/seen.txt"])
    assert status(cloud, name) == "InProgress"
    cloud.sagemaker.stop_training_job(TrainingJobName=name)
    cloud.trained(name)


def test_intermediate_output_that_is_to_go_elsewhere_than_s3_is_refused(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError, match='the S3 location "file:///out"'):
        cloud.start_training(name, HyperParameters={"sagemaker_s3_output": '"file:///out"'})
