"""The requests that make jobs are ones that SageMaker takes, with and without a key, a network and spare instances."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import botocore.session
import pytest
from botocore.validate import ParamValidator

from pipeline.artefacts.source_code import Container
from pipeline.aws.session import Session
from pipeline.aws.storage import Location
from pipeline.errors import JobFailed
from pipeline.jobs.processing_job import SparkJobRequest, run_spark
from pipeline.jobs.training_job import TrainingJobRequest, run_training
from pipeline.jobs.transform_job import TransformJobRequest, run_transform

MODEL = botocore.session.get_session().get_service_model("sagemaker")
PLACE = Location("bucket", "home")
ARTEFACT = "s3://bucket/home/jobs/it/output/model.tar.gz"
KEY, VPC = "arn:aws:kms:eu-west-1:123456789012:key/k", {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}


class Account:
    """Notes the request that makes a job, checked against the service's model; the job has ended at once."""

    def __init__(self, status: str = "Completed") -> None:
        self.request: dict[str, Any] = {}
        self._status = status

    def __getattr__(self, operation: str) -> Any:
        def call(**members: Any) -> dict[str, Any]:
            if operation.startswith("create"):
                name = "".join(map(str.title, operation.split("_")))
                report = ParamValidator().validate(members, MODEL.operation_model(name).input_shape)
                assert not report.has_errors(), report.generate_report()
                self.request = members
            statuses = {f"{kind}JobStatus": self._status for kind in ("Training", "Transform", "Processing")}
            return {**statuses, "ModelArtifacts": {"S3ModelArtifacts": ARTEFACT}}

        return call


def session_of(account: Account, key: str | None = None, vpc: dict[str, list[str]] | None = None) -> Session:
    stub = SimpleNamespace(
        sagemaker=account,
        s3=SimpleNamespace(put_object=lambda **_: None),
        target=SimpleNamespace(poll_seconds=0),
        region="eu-west-1",
        role_arn="arn:aws:iam::123456789012:role/r",
        instance_type="ml.m5.large",
        owner_tags=[{"Key": "text-pipeline:name", "Value": "mine"}],
        kms_key=key,
        vpc=vpc,
    )
    return cast("Session", stub)


def training(is_spot: bool = False) -> TrainingJobRequest:
    return TrainingJobRequest(
        container=Container.PREPROCESSOR,
        job_name="it",
        channels={"train": PLACE / "train"},
        hyperparameters={"profile": "seed", "choose": True},
        output=PLACE,
        checkpoints=PLACE / "checkpoints" if is_spot else None,
        is_spot=is_spot,
    )


TRANSFORM = TransformJobRequest("it", "model", PLACE / "in", PLACE / "out", "text/csv", "Line", 6)
SPARK = SparkJobRequest("it", ["/bin/sh"], ["--x", "y"], {"code": PLACE / "code"}, {"models": PLACE / "models"})


def test_a_training_job_says_what_it_needs_and_no_more() -> None:
    account = Account()
    assert str(run_training(session_of(account), training())) == ARTEFACT
    request = account.request
    assert request["HyperParameters"]["profile"] == '"seed"'
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}
    assert [channel["ChannelName"] for channel in request["InputDataConfig"]] == ["train", "code"]
    assert request["EnableNetworkIsolation"]
    assert not {"VpcConfig", "CheckpointConfig", "EnableManagedSpotTraining"} & request.keys()
    assert "VolumeKmsKeyId" not in request["ResourceConfig"]


def test_a_spot_job_waits_and_has_checkpoints() -> None:
    account = Account()
    run_training(session_of(account, KEY, VPC), training(is_spot=True))
    request = account.request
    assert request["EnableManagedSpotTraining"]
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert request["CheckpointConfig"] == {"S3Uri": "s3://bucket/home/checkpoints"}
    assert (request["VpcConfig"], request["OutputDataConfig"]["KmsKeyId"]) == (VPC, KEY)


@pytest.mark.parametrize(("key", "vpc"), [(None, None), (KEY, VPC)])
def test_a_transform_takes_the_key(key: str | None, vpc: dict[str, list[str]] | None) -> None:
    account = Account()
    run_transform(session_of(account, key, vpc), TRANSFORM)
    assert account.request["TransformOutput"].get("KmsKeyId") == key
    assert account.request["TransformResources"].get("VolumeKmsKeyId") == key


@pytest.mark.parametrize(("key", "vpc"), [(None, None), (KEY, VPC)])
def test_a_job_on_spark_takes_key_and_network(key: str | None, vpc: dict[str, list[str]] | None) -> None:
    account = Account()
    run_spark(session_of(account, key, vpc), SPARK)
    assert account.request["ProcessingOutputConfig"].get("KmsKeyId") == key
    assert account.request.get("NetworkConfig") == (vpc and {"VpcConfig": vpc})


def test_a_job_that_failed_is_an_error() -> None:
    with pytest.raises(JobFailed, match=r"batch transform it: Failed\. No reason was given"):
        run_transform(session_of(Account("Failed")), TRANSFORM)
