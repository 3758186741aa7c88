"""A state directory that an earlier version wrote opens with this one, whole.

`older_states/format-1.tar.gz` was written by the version before the local SageMaker became a package of its own: a
bucket with an object, one in parts and an upload that was not finished, two models, an endpoint in service, a completed
and a failed training job, a transform job and log lines.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker import daemon
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import client_of

WRITTEN_EARLIER = Path(__file__).with_name("older_states") / "format-1.tar.gz"
BUCKET = "older-state"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[daemon.RunningServer]:
    """A server on a copy of the older state."""
    state = StateDirectory(tmp_path_factory.mktemp("older") / "state")
    with tarfile.open(WRITTEN_EARLIER) as archive:
        archive.extractall(state.root, filter="data")
    yield daemon.ensure_running(state)
    daemon.stop(state)


def test_objects_are_there_with_their_facts(older: daemon.RunningServer) -> None:
    s3 = client_of(older, "s3")
    found = s3.get_object(Bucket=BUCKET, Key="words/naïve text.txt")
    assert found["Body"].read() == b"kept"
    assert (found["ContentType"], found["Metadata"]) == ("text/plain", {"who": "older"})
    assert s3.get_object_tagging(Bucket=BUCKET, Key="words/naïve text.txt")["TagSet"] == [
        {"Key": "team", "Value": "one"}
    ]
    assert s3.head_object(Bucket=BUCKET, Key="parts")["ETag"].endswith('-1"')


def test_an_upload_that_was_not_finished_can_be(older: daemon.RunningServer) -> None:
    s3 = client_of(older, "s3")
    (upload,) = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    part = s3.upload_part(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"], PartNumber=1, Body=b"late")
    s3.complete_multipart_upload(
        Bucket=BUCKET,
        Key=upload["Key"],
        UploadId=upload["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert s3.get_object(Bucket=BUCKET, Key="unfinished")["Body"].read() == b"late"


def test_an_endpoint_that_was_in_service_answers(older: daemon.RunningServer) -> None:
    sagemaker = client_of(older, "sagemaker")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="older", WaiterConfig={"Delay": 1})
    answer = client_of(older, "sagemaker-runtime").invoke_endpoint(
        EndpointName="older", Body="hello", ContentType="text/csv"
    )
    assert answer["Body"].read() == b"older:older:hello"


def test_jobs_models_and_tags_are_described_as_they_ended(older: daemon.RunningServer) -> None:
    sagemaker = client_of(older, "sagemaker")
    completed = sagemaker.describe_training_job(TrainingJobName="older-completed")
    assert completed["TrainingJobStatus"] == "Completed"
    assert [(metric["MetricName"], metric["Value"]) for metric in completed["FinalMetricDataList"]] == [("loss", 0.25)]
    assert "ExitCode 3" in sagemaker.describe_training_job(TrainingJobName="older-failed")["FailureReason"]
    assert sagemaker.describe_transform_job(TransformJobName="older-transform")["TransformJobStatus"] == "Completed"
    assert len(sagemaker.describe_model(ModelName="older-pair")["Containers"]) == 2
    arn = sagemaker.describe_model(ModelName="older-one")["ModelArn"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "one"}]


def test_log_lines_are_kept(older: daemon.RunningServer) -> None:
    events: list[Any] = client_of(older, "logs").filter_log_events(logGroupName="/older")["events"]
    assert [event["message"] for event in events] == ["kept line"]
