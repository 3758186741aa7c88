"""The local SageMaker's operations without a server, over containers that do as told and a store to cut in on."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from local_sagemaker.cloudwatch import alarms
from local_sagemaker.cloudwatch.alarms import Alarms
from local_sagemaker.containers import ContainerFailed, ContainerResponse, TrainingOutcome
from local_sagemaker.database import Database
from local_sagemaker.logs import store as logs_store
from local_sagemaker.logs.store import LogStore
from local_sagemaker.s3.store import multipart, objects
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.service import SageMaker
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, ROLE, archive

Action = Callable[[], object]


class CutIn(Database):
    """A store in whose reads and writes a test can do something of its own, once each."""

    def __init__(self, path: Path) -> None:
        self._inside = threading.local()
        self.after_read: Action | None = None
        """Done when a read outside of a transaction has ended."""
        self.before_write: Action | None = None
        self.after_write: Action | None = None
        """Done in the thread that has just committed, before it does anything else."""
        self.failures = 0
        """So many of the next writes fail."""
        super().__init__(path, [objects.SCHEMA, multipart.SCHEMA, logs_store.SCHEMA, alarms.SCHEMA, SageMaker.SCHEMA])

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with super().read() as connection:
            yield connection
        if not getattr(self._inside, "writing", False):
            action, self.after_read = self.after_read, None
            _do(action)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        if getattr(self._inside, "writing", False):
            with super().write() as connection:
                yield connection
            return
        action, self.before_write = self.before_write, None
        _do(action)
        if self.failures > 0:
            self.failures -= 1
            raise sqlite3.OperationalError("unable to open database file")
        self._inside.writing = True
        try:
            with super().write() as connection:
                yield connection
        finally:
            self._inside.writing = False
        action, self.after_write = self.after_write, None
        _do(action)


def _do(action: Action | None) -> None:
    if action is not None:
        action()


class FakeServing:
    """A model server that is up at once, if it may start at all."""

    made: ClassVar[list[FakeServing]] = []
    startable: ClassVar[bool] = True
    stoppable: ClassVar[threading.Event]

    def __init__(self, *_: object) -> None:
        self.living = False
        self.made.append(self)

    def start(self) -> None:
        if not FakeServing.startable:
            raise ContainerFailed("it may not start")
        self.living = True

    def wait_until_healthy(self, timeout: float, stop: threading.Event | None = None) -> None:
        return None

    def is_alive(self) -> bool:
        return self.living

    def hung(self) -> str | None:
        return None

    def execution_parameters(self) -> None:
        return None

    def invoke(
        self, body: bytes, content_type: str | None, accept: str | None, timeout: float, *_: object
    ) -> ContainerResponse:
        return ContainerResponse(200, "text/csv", body)

    def stop(self) -> None:
        FakeServing.stoppable.wait()
        self.living = False


class FakeTraining:
    """A script that runs until it is stopped, or until it is let go."""

    begun: ClassVar[threading.Event]
    let_go: ClassVar[threading.Event]

    def __init__(self, *_: object) -> None:
        self._ended = threading.Event()

    def provide_image(self) -> None:
        return None

    def run(self) -> TrainingOutcome:
        self.begun.set()
        while not (self._ended.wait(0.005) or self.let_go.is_set()):
            pass
        return TrainingOutcome(0, None)

    def stop(self) -> None:
        self._ended.set()


class InProcess:
    """SageMaker's operations, called as the WSGI application calls them."""

    def __init__(self, root: Path) -> None:
        state = StateDirectory(root / "state")
        state.create()
        self.state = state
        self.database = CutIn(state.database)
        self._aside = Database(state.database, [])
        """What other threads write of their own accord, the logs and alarms: it takes no test's place to cut in."""
        self.objects = ObjectStore(self.database, state.objects)
        self.published: list[tuple[str, str]] = []
        self.sagemaker = SageMaker(
            self.database,
            self.objects,
            LogStore(self._aside),
            state,
            lambda topic, message: self.published.append((topic, message)),
            Alarms(self._aside),
        )
        self.objects.create_bucket(BUCKET)
        self.put("source.tar.gz", archive({"train.py": b""}))
        self.put("model.tar.gz", archive({"code/inference.py": b""}))
        self.put("in/a.csv", b"1\n")

    def close(self) -> None:
        """Stop all that runs."""
        self.sagemaker.shut_down()
        self._aside.close()
        self.database.close()

    def put(self, key: str, body: bytes) -> None:
        """Store an object."""
        path = self.state.root / "body"
        path.write_bytes(body)
        self.objects.put_file(BUCKET, key, path)

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """Carry out an operation."""
        answer: dict[str, Any] = json.loads(self.sagemaker.service.call(operation, json.dumps(request).encode()))
        return answer

    def train(self, name: str, attempts: int = 0) -> None:
        """Create a training job."""
        retries = {"RetryStrategy": {"MaximumRetryAttempts": attempts}} if attempts else {}
        code = f'"s3://{BUCKET}/source.tar.gz"'
        self.call(
            "CreateTrainingJob",
            TrainingJobName=name,
            RoleArn=ROLE,
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            HyperParameters={"sagemaker_program": '"train.py"', "sagemaker_submit_directory": code},
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/jobs/"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
            **retries,
        )

    def tune(self, name: str, parallel: int = 1, attempts: int = 0) -> None:
        """Create a tuning job of two training jobs."""
        code = f'"s3://{BUCKET}/source.tar.gz"'
        values = [{"Name": "x", "Values": ["1", "2"]}]
        retries = {"RetryStrategy": {"MaximumRetryAttempts": attempts}} if attempts else {}
        self.call(
            "CreateHyperParameterTuningJob",
            HyperParameterTuningJobName=name,
            HyperParameterTuningJobConfig={
                "Strategy": "Grid",
                "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
                "ResourceLimits": {"MaxParallelTrainingJobs": parallel},
                "ParameterRanges": {"CategoricalParameterRanges": values},
            },
            TrainingJobDefinition={
                "AlgorithmSpecification": {
                    "TrainingImage": IMAGE,
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "score", "Regex": "score=(.*)"}],
                },
                "StaticHyperParameters": {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": code},
                "RoleArn": ROLE,
                "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/jobs/"},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
                **retries,
            },
        )

    def tuned(self, name: str) -> dict[str, Any]:
        """Describe a tuning job."""
        return self.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName=name)

    def transform(self, name: str, model: str) -> None:
        """Create a transform job."""
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}}
        self.call(
            "CreateTransformJob",
            TransformJobName=name,
            ModelName=model,
            TransformInput={"DataSource": source, "SplitType": "Line", "ContentType": "text/csv"},
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )

    def model(self, name: str) -> str:
        """Create a model and return its name."""
        container = {
            "Image": IMAGE,
            "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
        }
        self.call("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        return name

    def config(self, name: str, *variants: str) -> str:
        """Create a configuration of variants of the model `m` and return its name."""
        common = {"ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        settings = [{"VariantName": variant, **common} for variant in variants or ("A",)]
        self.call("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=settings)
        return name

    def job(self, kind: str, name: str) -> str:
        """Tell a job's status."""
        return str(self.call(f"Describe{kind}Job", **{f"{kind}JobName": name})[f"{kind}JobStatus"])

    def endpoint(self, name: str) -> str | None:
        """Tell an endpoint's status; None if there is no such endpoint."""
        listed = self.call("ListEndpoints", NameContains=name)["Endpoints"]
        return next((one["EndpointStatus"] for one in listed if one["EndpointName"] == name), None)
