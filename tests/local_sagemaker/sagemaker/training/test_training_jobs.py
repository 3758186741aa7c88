"""Training jobs: what a script gets, what becomes of what it leaves, and how a job ends."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, OLD_IMAGE, Cloud, archive, source_files
from tests.local_sagemaker.sagemaker.processes import until

GROUP = "/aws/sagemaker/TrainingJobs"


def channel(name: str, uri: str, kind: str = "S3Prefix", **more: Any) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}},
        **more,
    }


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isreg()}  # type: ignore[union-attr]


def facts_of(cloud: Cloud, name: str) -> Any:
    return json.loads(unpacked(cloud.get(f"jobs/{name}/output/model.tar.gz"))["facts.json"])


def message(caught: pytest.ExceptionInfo[ClientError]) -> str:
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_a_script_gets_its_channels_hyperparameters_and_environment(cloud: Cloud, name: str) -> None:
    cloud.put(f"{name}/train/a.csv", b"1,2\n")
    cloud.put(f"{name}/train/deep/b.csv", b"3,4\n")
    manifest = json.dumps([{"prefix": f"s3://{BUCKET}/{name}/"}, "train/a.csv"])
    described = cloud.train(
        name,
        HyperParameters={"alpha": "0.5", "words": json.dumps(["a", "b"])},
        Environment={"VARIABLE": "value"},
        InputDataConfig=[
            channel("train", f"s3://{BUCKET}/{name}/train", ContentType="text/csv"),
            channel("fast", f"s3://{BUCKET}/{name}/train/deep/", CompressionType="None", InputMode="FastFile"),
            channel("listed", cloud.put(f"{name}.manifest", manifest.encode()), "ManifestFile"),
        ],
    )
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    facts = facts_of(cloud, name)
    assert facts["channels"] == {
        "train": {"a.csv": "1,2\n", "deep/b.csv": "3,4\n"},
        "fast": {"b.csv": "3,4\n"},
        "listed": {"train/a.csv": "1,2\n"},
    }
    assert facts["hyperparameters"] == {"alpha": 0.5, "words": ["a", "b"]}
    assert facts["variable"] == "value"
    assert facts["resources"]["hosts"] == ["algo-1"]
    assert facts["inputs"]["train"]["ContentType"] == "text/csv"


def test_a_completed_job_is_described_as_aws_describes_it(cloud: Cloud, name: str) -> None:
    code = cloud.put(f"{name}/code/sourcedir.tar.gz", archive(source_files("trainer")))
    described = cloud.train(
        name,
        Environment={"VARIABLE": "x"},
        EnableNetworkIsolation=True,
        InputDataConfig=[channel("code", code)],
        HyperParameters={"sagemaker_submit_directory": '"/opt/ml/input/data/code/sourcedir.tar.gz"'},
    )
    assert described["TrainingJobArn"].endswith(f":training-job/{name}")
    assert described["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/jobs/{name}/output/model.tar.gz"
    steps = [step["Status"] for step in described["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert described["SecondaryStatus"] == "Completed"
    assert described["EnableNetworkIsolation"] is True
    assert described["TrainingStartTime"] <= described["TrainingEndTime"]
    assert described["BillableTimeInSeconds"] >= 1
    assert unpacked(cloud.get(f"jobs/{name}/output/output.tar.gz")) == {"report.txt": b"well"}


def test_metrics_are_read_from_the_log(cloud: Cloud, name: str) -> None:
    definitions = [
        {"Name": "loss", "Regex": r"loss=([0-9.]+);"},
        {"Name": "accuracy", "Regex": r"accuracy=([0-9.]+);"},
        {"Name": "absent", "Regex": r"recall=([0-9.]+);"},
    ]
    described = cloud.train(
        name,
        AlgorithmSpecification={
            "TrainingImage": OLD_IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": definitions,
        },
    )
    final = {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]}
    assert final == {"loss": 0.25, "accuracy": 0.75}
    lines = cloud.log_lines(GROUP, f"{name}/algo-1-")
    assert "loss=0.25; accuracy=0.75;" in lines
    assert any("WARNING" in line and "1.4-2" in line for line in lines)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-3"])
def test_cloudwatch_has_the_values_of_a_jobs_metrics(
    cloud: Cloud, environment: dict[str, str], name: str, region: str
) -> None:
    definitions = [{"Name": "step", "Regex": r"step=([0-9.]+);"}]
    script = b"print('step=1;'); print('step=2; step=3;')"
    code = cloud.put(f"{name}/code/sourcedir.tar.gz", archive({"train.py": script}))
    for job in (name, f"{name}-other"):
        cloud.train(
            job,
            InputDataConfig=[channel("code", code)],
            HyperParameters={"sagemaker_submit_directory": '"/opt/ml/input/data/code/sourcedir.tar.gz"'},
            AlgorithmSpecification={
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": definitions,
            },
        )
    session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=region)
    with closing(session.client("cloudwatch", endpoint_url=environment["AWS_ENDPOINT_URL"])) as cloudwatch:
        now, window = datetime.now(UTC), timedelta(hours=1)
        for _ in range(2):  # nothing is told twice
            answer = cloudwatch.get_metric_statistics(
                Namespace="/aws/sagemaker/TrainingJobs",
                MetricName="step",
                Dimensions=[{"Name": "TrainingJobName", "Value": name}],
                StartTime=now - window,
                EndTime=now + window,
                Period=86_400,
                Statistics=["Sum", "SampleCount"],
            )
            (seen,) = answer["Datapoints"]
            assert (seen["Sum"], seen["SampleCount"]) == (6, 3)


def test_what_a_failed_script_wrote_is_the_reason(cloud: Cloud, name: str) -> None:
    described = cloud.train(name, HyperParameters={"task": '"fail"'})
    assert described["TrainingJobStatus"] == described["SecondaryStatus"] == "Failed"
    assert described["FailureReason"].startswith("AlgorithmError: column 3 of train.csv is empty: fill it")
    assert "ModelArtifacts" not in described
    assert unpacked(cloud.get(f"jobs/{name}/output/output.tar.gz")) == {"seen.txt": b"one line"}


def test_a_stopped_job_keeps_what_it_has_saved(cloud: Cloud, name: str) -> None:
    cloud.start_training(name, HyperParameters={"task": '"wait"'})
    until(lambda: "waiting" in cloud.log_lines(GROUP, name))
    cloud.sagemaker.stop_training_job(TrainingJobName=name)
    described = cloud.trained(name)
    assert described["TrainingJobStatus"] == described["SecondaryStatus"] == "Stopped"
    assert "Stopping" in [step["Status"] for step in described["SecondaryStatusTransitions"]]
    assert list(unpacked(cloud.get(f"jobs/{name}/output/model.tar.gz"))) == ["partial.txt"]
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.stop_training_job(TrainingJobName=name)
    assert message(caught) == "The request was rejected because the training job is in status Stopped."


def test_a_job_that_runs_too_long_is_stopped_and_its_checkpoints_are_there_for_the_next(
    cloud: Cloud, name: str
) -> None:
    checkpoints = {"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/{name}/checkpoints"}}
    described = cloud.train(
        name, HyperParameters={"task": '"wait"'}, StoppingCondition={"MaxRuntimeInSeconds": 3}, **checkpoints
    )
    assert described["TrainingJobStatus"] == "Stopped"
    assert described["SecondaryStatus"] == "MaxRuntimeExceeded"
    cloud.train(f"{name}-next", **checkpoints)
    assert facts_of(cloud, f"{name}-next")["checkpoints"] == ["step.txt"]


def test_a_name_is_given_once(cloud: Cloud, name: str) -> None:
    cloud.train(name)
    with pytest.raises(ClientError) as caught:
        cloud.start_training(name)
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    assert "Training job names must be unique" in caught.value.response["Error"]["Message"]


def test_a_job_that_is_not_there_is_not_found(cloud: Cloud) -> None:
    for operation in (cloud.sagemaker.describe_training_job, cloud.sagemaker.stop_training_job):
        with pytest.raises(ClientError) as caught:
            operation(TrainingJobName="absent")
        assert message(caught) == "Requested resource not found."


def test_a_channel_without_objects_is_refused_as_aws_refuses_it(cloud: Cloud, name: str) -> None:
    for uri in (f"s3://{BUCKET}/{name}/nothing", "s3://absent-bucket/x"):
        with pytest.raises(ClientError) as caught:
            cloud.start_training(name, InputDataConfig=[channel("train", uri)])
        assert message(caught).startswith(f'No S3 objects found under S3 URL "{uri}" given in input data source.')


@pytest.mark.parametrize(
    ("request_part", "named"),
    [
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}},
            "InstanceCount=2",
        ),
        ({"AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "Pipe"}}, "the input mode Pipe"),
        (
            {
                "AlgorithmSpecification": {
                    "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1",
                    "TrainingInputMode": "File",
                }
            },
            "mine:1",
        ),
        ({"InputDataConfig": [channel("c", f"s3://{BUCKET}/x", "AugmentedManifestFile")]}, "AugmentedManifestFile"),
        ({"EnableNetworkIsolation": True}, "cannot fetch its code from s3://"),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(
    cloud: Cloud, name: str, request_part: dict[str, Any], named: str
) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.start_training(name, **request_part)
    assert named in message(caught)


@pytest.mark.parametrize(
    ("mode", "request_part"), [("File", {}), ("File", {"InputMode": "File"}), ("FastFile", {"InputMode": "FastFile"})]
)
def test_a_compressed_channel_belongs_to_pipe_mode(
    cloud: Cloud, name: str, mode: str, request_part: dict[str, Any]
) -> None:
    uri = cloud.put(f"{name}/a.csv.gz", gzip.compress(b"1\n"))
    with pytest.raises(ClientError) as caught:
        cloud.start_training(name, InputDataConfig=[channel("train", uri, CompressionType="Gzip", **request_part)])
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert message(caught) == (
        f"Invalid compression type for channel train: {mode} mode only supports NONE, got Gzip instead"
    )


def test_a_key_that_leads_out_of_its_channel_is_no_file(cloud: Cloud, name: str) -> None:
    cloud.put(f"{name}/a/../../../../out.csv", b"")
    described = cloud.train(name, InputDataConfig=[channel("train", f"s3://{BUCKET}/{name}/a/")])
    assert "cannot be a file below its channel" in described["FailureReason"]


@pytest.mark.parametrize(
    ("request_part", "said"),
    [
        ({"EnableManagedSpotTraining": True}, "It must be present and be greater than or equal to MaxRuntimeInSeconds"),
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 100, "MaxWaitTimeInSeconds": 99},
            },
            "It must be present and be greater than or equal to MaxRuntimeInSeconds",
        ),
        (
            {"EnableManagedSpotTraining": True, "StoppingCondition": {"MaxWaitTimeInSeconds": 86_399}},
            "It must be present and be greater than or equal to MaxRuntimeInSeconds",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 100, "MaxWaitTimeInSeconds": 200}},
            "It is only supported when EnableManagedSpotTraining is set to true",
        ),
    ],
)
def test_the_rules_of_managed_spot_training_hold(
    cloud: Cloud, name: str, request_part: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.start_training(name, **request_part)
    assert message(caught) == f"Invalid MaxWaitTimeInSeconds. {said}"


def test_a_spot_job_by_the_rules_runs(cloud: Cloud, name: str) -> None:
    condition = {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 600}
    described = cloud.train(name, EnableManagedSpotTraining=True, StoppingCondition=condition)
    assert (described["TrainingJobStatus"], described["EnableManagedSpotTraining"]) == ("Completed", True)


def test_what_a_request_leaves_open_is_described_as_aws_fills_it_in(cloud: Cloud, name: str) -> None:
    uri = cloud.put(f"{name}/a.csv", b"1\n")
    described = cloud.train(name, InputDataConfig=[channel("train", uri)])
    assert described["OutputDataConfig"] == {
        "KmsKeyId": "",
        "CompressionType": "GZIP",
        "S3OutputPath": f"s3://{BUCKET}/jobs/",
    }
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    assert described["InputDataConfig"] == [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": source},
            "CompressionType": "None",
            "RecordWrapperType": "None",
        }
    ]
    assert described["AlgorithmSpecification"]["EnableSageMakerMetricsTimeSeries"] is False
    assert described["ProfilingStatus"] == "Disabled"


def test_a_deleted_job_is_gone_and_its_name_free(cloud: Cloud, name: str) -> None:
    cloud.start_training(name, HyperParameters={"task": '"wait"'}, Tags=[{"Key": "k", "Value": "v"}])
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.delete_training_job(TrainingJobName=name)
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    until(lambda: "waiting" in cloud.log_lines(GROUP, name))
    cloud.sagemaker.stop_training_job(TrainingJobName=name)
    arn = cloud.trained(name)["TrainingJobArn"]
    cloud.sagemaker.delete_training_job(TrainingJobName=name)
    for operation in (cloud.sagemaker.describe_training_job, cloud.sagemaker.delete_training_job):
        with pytest.raises(ClientError) as caught:
            operation(TrainingJobName=name)
        assert message(caught) == "Requested resource not found."
    assert cloud.train(name)["TrainingJobStatus"] == "Completed"
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == []


def test_a_manifest_that_names_what_is_not_there_is_refused_with_the_key(cloud: Cloud, name: str) -> None:
    content = json.dumps([{"prefix": f"s3://{BUCKET}/{name}/"}, "absent.csv"]).encode()
    manifest = cloud.put(f"{name}.manifest", content)
    with pytest.raises(ClientError) as caught:
        cloud.start_training(name, InputDataConfig=[channel("train", manifest, "ManifestFile")])
    assert message(caught) == (
        f"The manifest {manifest} names s3://{BUCKET}/{name}/absent.csv, and S3 says: The specified key does not exist."
    )


def test_source_code_that_is_not_there_is_named(cloud: Cloud, name: str) -> None:
    uri = f"s3://{BUCKET}/{name}/absent.tar.gz"
    described = cloud.train(name, HyperParameters={"sagemaker_submit_directory": f'"{uri}"'})
    assert f"NoSuchKey: {uri}: The specified key does not exist." in described["FailureReason"]
