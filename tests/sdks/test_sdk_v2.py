"""Whole lives with the SDK v2, which is told nothing but a session and a role."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from typing import Any

import joblib

from tests.sdks.conftest import EXAMPLES, Run

BUCKET = "sagemaker-us-east-1-123456789012"


def test_an_estimator_is_trained_deployed_asked_and_removed(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_sklearn.py")
    assert float(printed.value("accuracy")) == 1.0
    assert printed.value("storm") == "[1, 0]"
    (job,) = aws("sagemaker").list_training_jobs(SortOrder="Descending", MaxResults=1)["TrainingJobSummaries"]
    assert model_of(aws, job["TrainingJobName"]).get_n_leaves() <= 3
    assert aws("sagemaker").list_endpoints()["Endpoints"] == []
    assert aws("sagemaker").list_endpoint_configs()["EndpointConfigs"] == []


def test_an_inference_pipeline_is_asked_singly_and_by_batch(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_pipeline_model.py")
    assert printed.value("storm") == "[['1', '0']]"
    assert printed.value("batch") == "['1', '0']"
    latest = aws("sagemaker").list_transform_jobs(SortOrder="Ascending", StatusEquals="Completed")
    first = aws("sagemaker").describe_transform_job(
        TransformJobName=latest["TransformJobSummaries"][0]["TransformJobName"]
    )
    scaled = read(aws, f"{first['TransformOutput']['S3OutputPath']}/readings.csv.out").decode().split()
    rows = [[float(number) for number in line.split(",")] for line in scaled]
    raw = (EXAMPLES / "weather" / "readings.csv").read_text().split()
    assert [row[0] for row in rows] == [float(line.split(",")[0]) for line in raw]
    assert abs(sum(row[1] for row in rows)) < 1e-3


def model_of(aws: Callable[[str], Any], job: str) -> Any:
    """Load the model that a training job wrote."""
    described = aws("sagemaker").describe_training_job(TrainingJobName=job)
    archive = read(aws, described["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        member = packed.extractfile("model.joblib")
        assert member is not None
        return joblib.load(member)


def read(aws: Callable[[str], Any], uri: str) -> bytes:
    """Read an object."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
