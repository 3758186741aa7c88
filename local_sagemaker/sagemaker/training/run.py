"""One run of a training job, from its channels in S3 to its model in S3."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from local_sagemaker.containers import ContainerFailed, TrainingDefinition
from local_sagemaker.containers.image import check
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.limits import TRAINING_DEFAULT_SECONDS
from local_sagemaker.sagemaker.resources.statuses import SecondaryStatus
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.log_streams import TRAINING_GROUP
from local_sagemaker.sagemaker.running.retrying import until_done
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest
from local_sagemaker.sagemaker.training import files as training_files
from local_sagemaker.sagemaker.training.files import BadInputData
from local_sagemaker.sagemaker.training.metrics import MetricReader
from local_sagemaker.sagemaker.training.records import TrainingJob, entered

_INSTANCE = "algo-1"
_SUBMIT_DIRECTORY = "sagemaker_submit_directory"
T = TypeVar("T")
_log = logging.getLogger(__name__)


class TrainingFailed(Exception):
    """The job is Failed; the message is its FailureReason."""


class TrainingRun:
    """Runs one job in the calling thread, and keeps its record up to date.

    Parameters
    ----------
    job : TrainingJob
        The job's record, just created.
    jobs : Resources of TrainingJob
        Where the record is kept.
    instance : ComputeInstance
        Where it runs.
    """

    def __init__(self, job: TrainingJob, jobs: Resources[TrainingJob], instance: ComputeInstance) -> None:
        self._job = job
        self._jobs = jobs
        self._instance = instance
        self._base = (
            instance.work / "training" / f"{job.name}.{secrets.token_hex(4)}"
        )  # a deleted job's name can come again
        self._log = instance.logs.open(TRAINING_GROUP, f"{job.name}/{_INSTANCE}-{int(time.time())}")
        self._metrics = MetricReader(job.request["AlgorithmSpecification"].get("MetricDefinitions", ()))

    def run(self, stop: StopRequest) -> None:
        """Run the job to an end that its record shows; whatever goes wrong, it is not left in progress."""
        try:
            self._finish(stop)
        except TrainingFailed as error:
            self._end(SecondaryStatus.FAILED, str(error))
        except Exception as error:
            _log.exception("training job %s", self._job.name)
            self._end(SecondaryStatus.FAILED, f"InternalServerError: {type(error).__name__}: {error}")
        finally:
            self._log.close()
            shutil.rmtree(self._base, ignore_errors=True)

    def _finish(self, stop: StopRequest) -> None:
        try:
            self._train(stop)
        except Stopped:
            self._stopped(stop)
        else:
            self._end(SecondaryStatus.COMPLETED)

    @property
    def _seconds(self) -> float:
        return float(
            self._job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", TRAINING_DEFAULT_SECONDS)
        )

    def _train(self, stop: StopRequest) -> None:
        self._enter(SecondaryStatus.DOWNLOADING)
        try:
            training_files.download_channels(self._instance.objects, self._job.request, self._base, stop)
            definition = self._definition()
        except (BadInputData, AwsError) as error:
            raise TrainingFailed(f"ClientError: Data download failed: {error}") from error
        self._enter(SecondaryStatus.TRAINING)
        self._run_script(definition, stop)
        self._enter(SecondaryStatus.UPLOADING)
        self._upload_model()
        self._upload(training_files.upload_output, self._job.output)

    def _run_script(self, definition: TrainingDefinition, stop: StopRequest) -> None:
        container = self._instance.make_training(definition, self._base, self._take)
        try:
            with stop.on_stop(container.stop), _time_limit(self._seconds, stop):
                outcome = container.run()
        except ContainerFailed as error:
            stop.check()
            raise TrainingFailed(f"AlgorithmError: {error.reason}") from error
        finally:
            self._upload(training_files.upload_checkpoints, self._job.request)
        stop.check()
        if outcome.exit_code != 0:
            self._upload(training_files.upload_output, self._job.output)
            raise TrainingFailed(outcome.failure_reason or f"AlgorithmError: exit code {outcome.exit_code}")

    def _definition(self) -> TrainingDefinition:
        request = self._job.request
        image = request["AlgorithmSpecification"]["TrainingImage"]
        if warning := check(image):
            self._log.write(f"WARNING: {warning}")
        return TrainingDefinition(
            image=image,
            job_name=self._job.name,
            region=self._instance.arns.region,
            hyperparameters=request.get("HyperParameters", {}),
            environment=request.get("Environment", {}),
            channels={channel["ChannelName"]: _channel(channel) for channel in request.get("InputDataConfig", ())},
            source_archive=self._source_archive(),
            resources=_resources(request.get("ResourceConfig", {})),
        )

    def _source_archive(self) -> Path | None:
        """Fetch the source folder where a hyperparameter, which is a JSON text, names it in S3."""
        uri = self._job.request.get("HyperParameters", {}).get(_SUBMIT_DIRECTORY, "").strip('"')
        if not uri.startswith("s3://"):
            return None
        place, target = s3_uris.parse(uri), self._base / "sourcedir.tar.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        with s3_uris.opened(self._instance.objects, place) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        return target

    def _take(self, line: str) -> None:
        self._log.write(line)
        self._metrics.read(line)

    def _upload_model(self) -> None:
        self._upload(training_files.upload_model, self._job.output)
        self._jobs.change(self._job.name, lambda job: replace(job, has_model=True))

    def _upload(self, upload: Callable[[ObjectStore, Path, T], None], where: T) -> None:
        try:
            upload(self._instance.objects, self._base, where)
        except (AwsError, ContainerFailed) as error:
            raise TrainingFailed(f"ClientError: Artifact upload failed: {error}") from error

    def _stopped(self, stop: StopRequest) -> None:
        """End a job that was asked to stop; what the script has saved of its model is kept, as AWS keeps it.

        When the server shuts down the record stays as it is: the next start finds the job interrupted.
        """
        if stop.reason is StopReason.SHUT_DOWN:
            return
        if training_files.holds_files(self._base / "model"):
            self._upload_model()
        out_of_time = stop.reason is StopReason.OUT_OF_TIME
        self._end(SecondaryStatus.MAX_RUNTIME_EXCEEDED if out_of_time else SecondaryStatus.STOPPED)

    def _enter(self, status: SecondaryStatus) -> None:
        self._jobs.change(self._job.name, lambda job: entered(job, status))

    def _end(self, status: SecondaryStatus, reason: str | None = None) -> None:
        """Write the end to the record, after the last line of the log, so that who sees the end sees the log."""
        self._log.close()
        metrics, name = self._metrics.final(), self._job.name
        until_done(
            f"the end of training job {name}",
            lambda: self._jobs.change(name, lambda job: replace(entered(job, status, reason), metrics=metrics)),
        )


@contextmanager
def _time_limit(seconds: float, stop: StopRequest) -> Iterator[None]:
    timer = threading.Timer(seconds, stop.give, (StopReason.OUT_OF_TIME,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _channel(channel: dict[str, Any]) -> dict[str, Any]:
    """Describe a channel as `inputdataconfig.json` does."""
    return {
        "TrainingInputMode": "File",
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": "None",
        **{name: channel[name] for name in ("ContentType",) if name in channel},
    }


def _resources(config: dict[str, Any]) -> dict[str, Any]:
    """Describe the one instance as `resourceconfig.json` does."""
    instance_type = config.get("InstanceType", "local")
    group = {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": [_INSTANCE]}
    return {
        "current_host": _INSTANCE,
        "current_instance_type": instance_type,
        "current_group_name": group["instance_group_name"],
        "hosts": [_INSTANCE],
        "instance_groups": [group],
        "network_interface_name": "lo",
    }
