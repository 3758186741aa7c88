"""What the next server finds after the last one was killed, or stopped."""

from __future__ import annotations

import os
import signal

import pytest

from local_sagemaker.daemon import RunningServer, client_environment, ensure_running, find, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below

pytestmark = pytest.mark.long


def killed(state: StateDirectory, server: RunningServer) -> None:
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: find(state) is None and not working_below(state.work))


def test_after_a_kill_endpoints_come_back_and_running_jobs_are_failed(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        cloud.endpoint("serving", cloud.container())
        cloud.train("done")
        cloud.start_training("running", HyperParameters={"task": '"wait"'})
        waiting = cloud.model("waiting", cloud.container(WAIT_SECONDS="300"))
        cloud.start_transform("transforming", waiting, cloud.put("in/a.csv", b"wait\n"))
        cloud.start_processing("processing", "--task", "wait", "--out", "/opt/ml/processing/out")
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", "running"))
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/ProcessingJobs", "processing"))
        until(lambda: bool(cloud.log_lines("/aws/sagemaker/TransformJobs", "transforming")))
        killed(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert cloud.invoke("serving", b"at once") == b"at once", "a request waits until its endpoint is back"
        cloud.wait_in_service("serving")
        for described in (cloud.trained("running"), cloud.transformed("transforming"), cloud.processed("processing")):
            assert "the local SageMaker stopped while the job was running" in described["FailureReason"]
        assert cloud.trained("done")["TrainingJobStatus"] == "Completed"
        assert cloud.keys("out/transforming/") == []
        assert cloud.get("jobs/done/output/model.tar.gz")
        assert sorted(path.name for path in own_state.work.iterdir()) == ["endpoints"]


def test_after_a_kill_a_job_with_a_retry_strategy_runs_again_as_often_as_it_says(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    retries = {"RetryStrategy": {"MaximumRetryAttempts": 1}}
    with Cloud(client_environment(server)) as cloud:
        cloud.start_training("running", HyperParameters={"task": '"wait"'}, **retries)
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", "running"))
        killed(own_state, server)
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        until(lambda: cloud.log_lines("/aws/sagemaker/TrainingJobs", "running").count("waiting") == 2)
        described = cloud.sagemaker.describe_training_job(TrainingJobName="running")
        assert described["TrainingJobStatus"] == "InProgress"
        assert "Restarting" in [one["Status"] for one in described["SecondaryStatusTransitions"]]
        killed(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert "the local SageMaker stopped while the job was running" in cloud.trained("running")["FailureReason"]


def test_after_a_kill_an_update_is_carried_to_its_end(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        cloud.endpoint("serving", cloud.container(NAME="old", PROBE="trace"))
        cloud.config("new", cloud.model("new", cloud.container(NAME="new", PROBE="trace")))
        cloud.sagemaker.update_endpoint(EndpointName="serving", EndpointConfigName="new")
        killed(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        until(lambda: cloud.sagemaker.describe_endpoint(EndpointName="serving")["EndpointStatus"] == "InService")
        assert b'"new"' in cloud.invoke("serving", b"")


def test_a_stop_takes_all_processes_along_within_seconds(own_state: StateDirectory) -> None:
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        cloud.endpoint("serving", cloud.container(), cloud.container())
        cloud.start_training("running", HyperParameters={"task": '"wait"'})
        cloud.start_training("queued-with-data", InputDataConfig=_channel(cloud))
        cloud.start_processing("processing", "--task", "wait", "--out", "/opt/ml/processing/out")
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", "running"))
        assert working_below(own_state.work)
        stop(own_state)
        assert not working_below(own_state.work)


def _channel(cloud: Cloud) -> list[dict[str, object]]:
    uri = cloud.put("train/a.csv", b"1\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    assert uri.startswith(f"s3://{BUCKET}/")
    return [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]
