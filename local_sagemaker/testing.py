"""Training and serving somebody's own `train.py` and `inference.py` in a test, in a few lines, through SageMaker's API.

The fixtures of `local_sagemaker.pytest_plugin` give a `LocalSageMaker`; whatever it lacks is there through boto3.
"""

from __future__ import annotations

import io
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
"""The scikit-learn image that jobs and endpoints name when the test names none."""

ROLE = "arn:aws:iam::123456789012:role/local-sagemaker"
_BUCKET = "local-sagemaker-tests"
_INSTANCE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
_VARIANT = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
_JOB_SECONDS = 3600
_POLL_SECONDS = 0.05
_LOG_LINES = 20


class Failed(AssertionError):
    """A job or an endpoint of a test failed; the message has SageMaker's reason and the last lines of the log."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model artefact in S3, and the source folder with the handlers that serve it."""

    data: str
    """The `s3://` URI of a `model.tar.gz`."""
    source: Path
    program: str = "inference.py"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunningEndpoint:
    """An endpoint that is in service."""

    name: str
    _runtime: Any

    def invoke(self, body: str | bytes, content_type: str = "text/csv", accept: str | None = None) -> str:
        """Send one request and return the body of the answer, read as UTF-8.

        Parameters
        ----------
        body : str or bytes
            The request's body; a str is sent as UTF-8.
        content_type : str
            Its Content-Type.
        accept : str, optional
            The type that is asked for; without it no Accept header is sent.

        Raises
        ------
        botocore.exceptions.ClientError
            `ModelError`, if a container answers other than 2xx or not at all.
        """
        wanted = {} if accept is None else {"Accept": accept}
        answer = self._runtime.invoke_endpoint(EndpointName=self.name, Body=body, ContentType=content_type, **wanted)
        return str(answer["Body"].read(), "utf-8")


@dataclass(frozen=True, slots=True)
class LocalSageMaker:
    """A running server, and the calls that most tests of a `train.py` and an `inference.py` make."""

    url: str
    """What `AWS_ENDPOINT_URL` is set to while the fixture lasts."""
    region: str
    state: Path
    """Its state directory."""

    def client(self, service: str) -> Any:
        """Return a boto3 client of this server.

        Parameters
        ----------
        service : str
            The service's name in boto3, such as `s3` or `sagemaker`.
        """
        import boto3

        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106  # no secret: the server checks none
        )

    def train(
        self,
        source: str | Path,
        channels: Mapping[str, str | Path],
        hyperparameters: Mapping[str, str] | None = None,
        program: str = "train.py",
        image: str = IMAGE,
    ) -> TrainedModel:
        """Run a training job in script mode and wait until it ends.

        Parameters
        ----------
        source : path
            The source folder: `program`, what it imports, and the `inference.py` that serves the model.
        channels : mapping of str to path
            What the script finds in `SM_CHANNEL_<NAME>`: a file, or a folder with all that is below it.
        hyperparameters : mapping of str to str, optional
            They arrive as `--name value`.
        program : str
            The script in the source folder.
        image : str
            The training image.

        Raises
        ------
        Failed
            If the job does not complete.
        """
        sagemaker, name = self.client("sagemaker"), _name("train")
        inputs = [self._channel(name, channel, Path(path)) for channel, path in channels.items()]
        sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=ROLE,
            AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
            HyperParameters={
                **(hyperparameters or {}),
                "sagemaker_program": program,
                "sagemaker_submit_directory": self._upload_source(name, Path(source)),
            },
            OutputDataConfig={"S3OutputPath": f"s3://{_BUCKET}"},
            ResourceConfig=_INSTANCE,
            StoppingCondition={"MaxRuntimeInSeconds": _JOB_SECONDS},
            **({"InputDataConfig": inputs} if inputs else {}),
        )
        job = _wait(lambda: sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus", "InProgress")
        if job["TrainingJobStatus"] != "Completed":
            raise self._failed(name, "/aws/sagemaker/TrainingJobs", job)
        return TrainedModel(job["ModelArtifacts"]["S3ModelArtifacts"], Path(source))

    @contextmanager
    def deploy(self, *models: TrainedModel, image: str = IMAGE) -> Iterator[RunningEndpoint]:
        """Serve a model, or several as one inference pipeline in the order given, for the length of a `with` block.

        Parameters
        ----------
        models : TrainedModel
            What serves. The endpoint, its configuration and its model are deleted at the end.
        image : str
            The image of all containers.

        Raises
        ------
        Failed
            If the endpoint does not come in service.
        """
        sagemaker, name = self.client("sagemaker"), _name("deploy")
        containers = [self._container(f"{name}-{number}", model, image) for number, model in enumerate(models)]
        with ExitStack() as made:
            _create_model(sagemaker, name, containers)
            made.callback(sagemaker.delete_model, ModelName=name)
            sagemaker.create_endpoint_config(
                EndpointConfigName=name, ProductionVariants=[{**_VARIANT, "ModelName": name}]
            )
            made.callback(sagemaker.delete_endpoint_config, EndpointConfigName=name)
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
            made.callback(sagemaker.delete_endpoint, EndpointName=name)
            endpoint = _wait(lambda: sagemaker.describe_endpoint(EndpointName=name), "EndpointStatus", "Creating")
            if endpoint["EndpointStatus"] != "InService":
                raise self._failed(name, f"/aws/sagemaker/Endpoints/{name}", endpoint)
            yield RunningEndpoint(name, self.client("sagemaker-runtime"))

    def _container(self, name: str, model: TrainedModel, image: str) -> dict[str, Any]:
        environment = {
            **model.environment,
            "SAGEMAKER_PROGRAM": model.program,
            "SAGEMAKER_SUBMIT_DIRECTORY": self._upload_source(name, model.source),
        }
        return {"Image": image, "ModelDataUrl": model.data, "Environment": environment}

    def _channel(self, job: str, channel: str, path: Path) -> dict[str, Any]:
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        base = path.parent if path.is_file() else path
        prefix, s3 = f"{job}/input/{channel}/", self._s3()
        for file in files:
            s3.upload_file(str(file), _BUCKET, f"{prefix}{file.relative_to(base).as_posix()}")
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{_BUCKET}/{prefix}"}
        return {"ChannelName": channel, "DataSource": {"S3DataSource": source}}

    def _upload_source(self, name: str, source: Path) -> str:
        packed, key = io.BytesIO(), f"{name}/source/sourcedir.tar.gz"
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(source, arcname=".")
        self._s3().put_object(Bucket=_BUCKET, Key=key, Body=packed.getvalue())
        return f"s3://{_BUCKET}/{key}"

    def _s3(self) -> Any:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=_BUCKET)
        return s3

    def _failed(self, name: str, group: str, described: Mapping[str, Any]) -> Failed:
        events = self.client("logs").filter_log_events(logGroupName=group)["events"]
        lines = [event["message"] for event in events if name in (group + event["logStreamName"])]
        reason = described.get("FailureReason", "no reason given")
        return Failed("\n".join([f"{name}: {reason}", *lines[-_LOG_LINES:]]))


def _name(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex[:12]}"


def _wait(describe: Callable[[], Mapping[str, Any]], status: str, while_it_is: str) -> Mapping[str, Any]:
    while (described := describe())[status] == while_it_is:
        time.sleep(_POLL_SECONDS)
    return described


def _create_model(sagemaker: Any, name: str, containers: Sequence[Mapping[str, Any]]) -> None:
    if len(containers) == 1:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=containers[0])
    else:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, Containers=containers)
