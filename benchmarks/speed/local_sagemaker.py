"""A local SageMaker of the benchmark's own, with the models in it that `.bench/` holds."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_sagemaker.daemon import RunningServer, client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from pipeline.artefacts import source_code
from pipeline.jobs.container_environment import Serving, image_environment
from tests.container_sources import ARROW, PREPROCESSOR

BUCKET = "benchmarks"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
_ROLE = "arn:aws:iam::123456789012:role/benchmarks"
_PATIENCE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class LocalSageMaker:
    """A running server and clients of it."""

    server: RunningServer
    s3: Any
    sagemaker: Any
    runtime: Any
    logs: Any

    def model(self, name: str, archives: Sequence[Path]) -> None:
        """Upload two archives and create the model of both containers."""
        containers = []
        for hostname, archive in zip(("preprocessor", "classifier"), archives, strict=True):
            key = f"{name}/{hostname}/model.tar.gz"
            self.s3.upload_file(str(archive), BUCKET, key)
            environment = image_environment(Serving.WSGI, source_code.digests(PREPROCESSOR))
            if hostname == "preprocessor":
                environment["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] = ARROW
            place = {"ContainerHostname": hostname, "Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{key}"}
            containers.append({**place, "Environment": environment})
        serial = {"Mode": "Serial"}
        self.sagemaker.create_model(
            ModelName=name, Containers=containers, InferenceExecutionConfig=serial, ExecutionRoleArn=_ROLE
        )

    def endpoint(self, name: str) -> None:
        """Put a model behind an endpoint of its name, and wait for it."""
        variant = {"VariantName": "all", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        self.sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def transform(self, name: str, model: str, source: str) -> dict[str, Any]:
        """Run a batch transform to its end and return its description."""
        data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{source}"}}
        self.sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName=model,
            TransformInput={"DataSource": data, "ContentType": "text/csv", "SplitType": "Line"},
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/{name}", "Accept": "text/csv", "AssembleWith": "Line"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
            BatchStrategy="MultiRecord",
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            described: dict[str, Any] = self.sagemaker.describe_transform_job(TransformJobName=name)
            if described["TransformJobStatus"] == "Completed":
                return described
            if described["TransformJobStatus"] in ("Failed", "Stopped"):
                raise RuntimeError(f"transform job {name}: {described.get('FailureReason')}")
            time.sleep(0.2)
        raise TimeoutError(f"transform job {name} did not end in {_PATIENCE_SECONDS:g} s")


@contextmanager
def running() -> Iterator[LocalSageMaker]:
    """Start a server in a directory that is removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="bench-"))
    state = StateDirectory(directory / "state")
    try:
        server = ensure_running(state)
        given = client_environment(server)
        access = {
            "endpoint_url": server.url,
            "region_name": given["AWS_REGION"],
            "aws_access_key_id": given["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": given["AWS_SECRET_ACCESS_KEY"],
            "config": Config(retries={"max_attempts": 0}),
        }
        clients = [boto3.client(name, **access) for name in ("s3", "sagemaker", "sagemaker-runtime", "logs")]
        clients[0].create_bucket(Bucket=BUCKET)
        yield LocalSageMaker(server, *clients)
    finally:
        stop(state)
        shutil.rmtree(directory, ignore_errors=True)
