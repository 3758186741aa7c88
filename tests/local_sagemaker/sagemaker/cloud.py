"""What the tests ask of the local SageMaker, through real clients."""

from __future__ import annotations

import io
import tarfile
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import WaiterError

SOURCES = Path(__file__).parent / "sources"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
OLD_IMAGE = IMAGE.replace("1.9-0", "1.4-2")
ROLE = "arn:aws:iam::123456789012:role/local-sagemaker"
BUCKET = "tests"
_INSTANCE = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}}
_OFTEN = {"Delay": 0.1, "MaxAttempts": 600}


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files as a `.tar.gz`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def source_files(folder: str, below: str = "") -> dict[str, bytes]:
    """Read a folder of `sources/`."""
    return {below + path.name: path.read_bytes() for path in (SOURCES / folder).glob("*.py")}


def processing_input(name: str, uri: str, **source: Any) -> dict[str, Any]:
    """Define an input of a processing job."""
    common = {"LocalPath": f"/opt/ml/processing/input/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": {"S3Uri": uri, **common, **source}}


def processing_output(name: str, uri: str, **target: Any) -> dict[str, Any]:
    """Define an output of a processing job."""
    common = {"LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": {"S3Uri": uri, **common, **target}}


class Cloud:
    """Clients of one server, and short ways to ask for what many tests need."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        self._settings = Config(retries={"total_max_attempts": 1}, read_timeout=120, max_pool_connections=20)
        self._session, self._url = session, environment["AWS_ENDPOINT_URL"]
        self._made: list[Any] = []
        self._making = threading.Lock()  # a session makes one client at a time
        self.s3.create_bucket(Bucket=BUCKET)

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def sagemaker(self) -> Any:
        return self._client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        return self._client("sagemaker-runtime")

    @cached_property
    def logs(self) -> Any:
        return self._client("logs")

    @cached_property
    def cloudwatch(self) -> Any:
        return self._client("cloudwatch")

    @cached_property
    def metrics(self) -> Any:
        return self._client("sagemaker-metrics")

    def _client(self, service: str) -> Any:
        with self._making:
            made: Any = self._session.client(service, endpoint_url=self._url, config=self._settings)  # type: ignore[call-overload]
            self._made.append(made)
        return made

    def __enter__(self) -> Cloud:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._made:
            client.close()

    def put(self, key: str, body: bytes) -> str:
        """Store an object and return its URI."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def get(self, key: str) -> bytes:
        """Read an object."""
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix, without it."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [item["Key"].removeprefix(prefix) for item in found]

    def container(self, folder: str = "probe", image: str = IMAGE, **environment: str) -> dict[str, Any]:
        """Define a container whose code, a folder of `sources/`, is in its artefact."""
        uri = self.put(f"models/{folder}/model.tar.gz", archive(source_files(folder, "code/")))
        variables = {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        }
        return {"Image": image, "ModelDataUrl": uri, "Environment": {**variables, **environment}}

    def model(self, name: str, *containers: Mapping[str, Any]) -> str:
        """Create a model of one container, or of several in series, and return its name."""
        several = {"Containers": list(containers), "InferenceExecutionConfig": {"Mode": "Serial"}}
        what = several if len(containers) > 1 else {"PrimaryContainer": containers[0]}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, **what)
        return name

    def config(self, name: str, model: str, **variant: Any) -> str:
        """Create an endpoint configuration of one variant and return its name."""
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "ModelName": model,
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    **variant,
                }
            ],
        )
        return name

    def endpoint(self, name: str, *containers: Mapping[str, Any]) -> str:
        """Create an endpoint of these containers, wait until it serves, and return its name."""
        self.sagemaker.create_endpoint(
            EndpointName=name, EndpointConfigName=self.config(name, self.model(name, *containers))
        )
        self.wait_in_service(name)
        return name

    def wait_in_service(self, name: str) -> None:
        """Wait with boto3's waiter."""
        self.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=_OFTEN)

    def delete_endpoint(self, name: str) -> None:
        """Delete an endpoint and wait, with boto3's waiter, until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=name)
        self.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=_OFTEN)

    def invoke(self, name: str, body: bytes, **headers: str) -> bytes:
        """Invoke an endpoint and return the body of its answer."""
        answer: bytes = self.runtime.invoke_endpoint(EndpointName=name, Body=body, **headers)["Body"].read()
        return answer

    def train(self, name: str, **request: Any) -> dict[str, Any]:
        """Run a training job to its end and describe it."""
        self.start_training(name, **request)
        return self.trained(name)

    def start_training(self, name: str, folder: str = "trainer", **request: Any) -> None:
        """Start a training job with a script of `sources/`, its source folder in S3."""
        code = self.put(f"code/{folder}/sourcedir.tar.gz", archive(source_files(folder)))
        own = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{code}"'}
        self.sagemaker.create_training_job(
            **{
                "TrainingJobName": name,
                "RoleArn": ROLE,
                "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
                "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/jobs/"},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
                **request,
                "HyperParameters": {**own, **request.get("HyperParameters", {})},
            }
        )

    def trained(self, name: str) -> dict[str, Any]:
        """Wait with boto3's waiter until a training job has ended, well or not, and describe it."""
        return self._ended("training_job_completed_or_stopped", "TrainingJobName", name)

    def tune(self, name: str, **request: Any) -> dict[str, Any]:
        """Run a tuning job to its end and describe it."""
        self.start_tuning(name, **request)
        return self.tuned(name)

    def start_tuning(
        self,
        name: str,
        *,
        ranges: Mapping[str, Any],
        strategy: str = "Random",
        limits: Mapping[str, int] | None = None,
        static: Mapping[str, str] | None = None,
        definition: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        **request: Any,
    ) -> None:
        """Start a tuning job over the script of `sources/objective`, whose metric is to be made great."""
        code = self.put("code/objective/sourcedir.tar.gz", archive(source_files("objective")))
        own = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{code}"'}
        self.sagemaker.create_hyper_parameter_tuning_job(
            **{
                "HyperParameterTuningJobName": name,
                "HyperParameterTuningJobConfig": {
                    "Strategy": strategy,
                    "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
                    "ResourceLimits": limits or {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
                    "ParameterRanges": ranges,
                    **(config or {}),
                },
                "TrainingJobDefinition": {
                    "StaticHyperParameters": {**own, **(static or {})},
                    "AlgorithmSpecification": {
                        "TrainingImage": IMAGE,
                        "TrainingInputMode": "File",
                        "MetricDefinitions": [{"Name": "score", "Regex": "score=(.*?);"}],
                    },
                    "RoleArn": ROLE,
                    "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/jobs/"},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
                    **({} if "HyperParameterTuningResourceConfig" in (definition or {}) else _INSTANCE),
                    **(definition or {}),
                },
                **request,
            }
        )

    def tuned(self, name: str) -> dict[str, Any]:
        """Wait until a tuning job has ended, well or not, and describe it."""
        while True:
            found = dict(self.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))
            if found["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"):
                return found
            time.sleep(_OFTEN["Delay"])

    def tried(self, name: str, **request: Any) -> list[dict[str, Any]]:
        """List the training jobs of a tuning job, by all pages."""
        pages = self.sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
        answers = pages.paginate(HyperParameterTuningJobName=name, **request)
        return [summary for page in answers for summary in page["TrainingJobSummaries"]]

    def process(self, name: str, *arguments: str, **request: Any) -> dict[str, Any]:
        """Run a processing job to its end and describe it."""
        self.start_processing(name, *arguments, **request)
        return self.processed(name)

    def start_processing(
        self, name: str, *arguments: str, application: Mapping[str, Any] | None = None, **request: Any
    ) -> None:
        """Start a processing job with the script of `sources/processor`, or another application."""
        code = self.put("code/processor/process.py", (SOURCES / "processor" / "process.py").read_bytes())
        script = {"ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/process.py"]}
        given = {"ContainerArguments": list(arguments)} if arguments else {}
        self.sagemaker.create_processing_job(
            **{
                "ProcessingJobName": name,
                "RoleArn": ROLE,
                "AppSpecification": {"ImageUri": IMAGE, **(application or {**script, **given})},
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
                },
                "ProcessingOutputConfig": {"Outputs": [processing_output("out", f"s3://{BUCKET}/{name}/out")]},
                **request,
                "ProcessingInputs": [processing_input("code", code), *request.get("ProcessingInputs", ())],
            }
        )

    def processed(self, name: str) -> dict[str, Any]:
        """Wait with boto3's waiter until a processing job has ended, well or not, and describe it."""
        return self._ended("processing_job_completed_or_stopped", "ProcessingJobName", name)

    def start_transform(
        self, name: str, model: str, source: str, *, input: Mapping[str, Any] | None = None, **request: Any
    ) -> None:
        """Start a transform job of text/csv lines."""
        data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}}
        self.sagemaker.create_transform_job(
            **{
                "TransformJobName": name,
                "ModelName": model,
                "TransformInput": {
                    "DataSource": data,
                    "SplitType": "Line",
                    "ContentType": "text/csv",
                    **(input or {}),
                },
                "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out/{name}", **request.pop("output", {})},
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                "ModelClientConfig": {"InvocationsMaxRetries": 0},
                **request,
            }
        )

    def transform(self, name: str, model: str, source: str, **request: Any) -> dict[str, Any]:
        """Run a transform job to its end and describe it."""
        self.start_transform(name, model, source, **request)
        return self.transformed(name)

    def transformed(self, name: str) -> dict[str, Any]:
        """Wait with boto3's waiter until a transform job has ended, well or not, and describe it."""
        return self._ended("transform_job_completed_or_stopped", "TransformJobName", name)

    def log_lines(self, group: str, prefix: str) -> list[str]:
        """Read all lines of the streams that begin with a prefix; none before the first line of the group."""
        events = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNamePrefix=prefix)
        try:
            return [event["message"] for page in events for event in page["events"]]
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def log_streams(self, group: str) -> list[str]:
        """List a group's streams; none before its first line, which a thread stores after it was said."""
        try:
            return [
                stream["logStreamName"] for stream in self.logs.describe_log_streams(logGroupName=group)["logStreams"]
            ]
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def _ended(self, waiter: str, member: str, name: str) -> dict[str, Any]:
        try:
            self.sagemaker.get_waiter(waiter).wait(**{member: name}, WaiterConfig=_OFTEN)
        except WaiterError as failed:
            return dict(failed.last_response)
        operation = f"describe_{waiter.removesuffix('_completed_or_stopped')}"
        return dict(getattr(self.sagemaker, operation)(**{member: name}))
