"""One run of a training job, from its channels in S3 to its model in S3."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from local_sagemaker.containers import ContainerFailed, TrainingDefinition, namespaces
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.limits import TRAINING_DEFAULT_SECONDS
from local_sagemaker.sagemaker.resources.statuses import JobStatus, SecondaryStatus
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.running.folder_uploads import continuously
from local_sagemaker.sagemaker.running.input_files import BadInputData
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_run import INSTANCE, ContainerRun, JobFailed, resource_config
from local_sagemaker.sagemaker.running.log_streams import TRAINING_GROUP
from local_sagemaker.sagemaker.running.stopping import StopReason, StopRequest, time_limit
from local_sagemaker.sagemaker.training import files as training_files
from local_sagemaker.sagemaker.training.metrics import Metric, MetricReader, definitions_of
from local_sagemaker.sagemaker.training.records import TrainingJob, entered

_SUBMIT_DIRECTORY = "sagemaker_submit_directory"
T = TypeVar("T")


class TrainingRun(ContainerRun[TrainingJob]):
    """Runs one job in the calling thread, and keeps its record up to date.

    Parameters
    ----------
    job : TrainingJob
        The job's record, just created.
    jobs : Resources of TrainingJob
        Where the record is kept.
    instance : ComputeInstance
        Where it runs.
    heard : callable
        Gets each value of a metric as soon as the script has said it.
    """

    def __init__(
        self,
        job: TrainingJob,
        jobs: Resources[TrainingJob],
        instance: ComputeInstance,
        heard: Callable[[Metric], None],
    ) -> None:
        name = f"{job.name}.{secrets.token_hex(4)}"  # a deleted job's name can come again
        log = instance.logs.open(TRAINING_GROUP, f"{job.name}/{INSTANCE}-{int(time.time())}")
        super().__init__(job, jobs, instance.work / "training" / name, log)
        self._instance = instance
        self._heard = heard
        self._metrics = MetricReader(definitions_of(job.request))

    def run(self, stop: StopRequest) -> None:
        """Run the job to an end that its record shows, with as many restarts as it may have."""
        super().run(stop)
        job = self._jobs.get(self._job.name)
        if job is not None and not job.status.ended and stop.reason is not StopReason.SHUT_DOWN:
            TrainingRun(job, self._jobs, self._instance, self._heard).run(stop)

    @property
    def _seconds(self) -> float:
        return float(
            self._job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", TRAINING_DEFAULT_SECONDS)
        )

    def _work(self, stop: StopRequest) -> None:
        self._enter(SecondaryStatus.DOWNLOADING)
        try:
            training_files.download_channels(self._instance.objects, self._job.request, self._directory, stop)
            definition = self._definition()
        except (BadInputData, AwsError) as error:
            raise JobFailed(f"ClientError: Data download failed: {error}") from error
        self._enter(SecondaryStatus.TRAINING)
        self._run_script(definition, stop)
        self._enter(SecondaryStatus.UPLOADING)
        self._upload_model()
        self._upload(training_files.upload_output, self._job.output)

    def _run_script(self, definition: TrainingDefinition, stop: StopRequest) -> None:
        container = self._instance.make_training(definition, self._directory, self._take)
        try:
            with self._uploading(), stop.on_stop(container.stop):
                container.provide_image()  # the job's time is the script's
                with time_limit(self._seconds, stop):
                    outcome = container.run()
        except ContainerFailed as error:
            stop.check()
            raise JobFailed(f"AlgorithmError: {error.reason}") from error
        stop.check()
        if outcome.exit_code != 0:
            self._upload(training_files.upload_output, self._job.output)
            raise JobFailed(outcome.failure_reason or f"AlgorithmError: exit code {outcome.exit_code}")

    @contextmanager
    def _uploading(self) -> Iterator[None]:
        """Keep the checkpoints in S3 as they are here, also if this server does not live to see the end."""
        uploads = training_files.uploads(self._instance.objects, self._directory, self._job.request)
        try:
            with continuously(uploads):
                yield
        except AwsError as error:
            raise JobFailed(f"ClientError: Artifact upload failed: {error}") from error

    def _definition(self) -> TrainingDefinition:
        request = self._job.request
        algorithm, isolated = request["AlgorithmSpecification"], request.get("EnableNetworkIsolation", False)
        if isolated and (warning := namespaces.no_isolation()):
            self._log.write(f"WARNING: {warning}")
        return TrainingDefinition(
            image=algorithm["TrainingImage"],
            job_name=self._job.name,
            job_arn=self._instance.arns.of(Kind.TRAINING_JOB, self._job.name),
            region=self._instance.arns.region,
            hyperparameters=request.get("HyperParameters", {}),
            environment=request.get("Environment", {}),
            channels={channel["ChannelName"]: _channel(channel) for channel in request.get("InputDataConfig", ())},
            source_archive=self._source_archive(),
            resources=resource_config(request.get("ResourceConfig", {})),
            network_isolation=isolated,
            entry_point=algorithm.get("ContainerEntrypoint", ()),
            arguments=algorithm.get("ContainerArguments", ()),
        )

    def _source_archive(self) -> Path | None:
        """Fetch the source folder where a hyperparameter, which is a JSON text, names it in S3."""
        uri = self._job.request.get("HyperParameters", {}).get(_SUBMIT_DIRECTORY, "").strip('"')
        if not uri.startswith("s3://"):
            return None
        place, target = s3_uris.parse(uri), self._directory / "sourcedir.tar.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        with s3_uris.opened(self._instance.objects, place) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        return target

    def _take(self, line: str) -> None:
        self._log.write(line)
        for metric in self._metrics.read(line):
            self._heard(metric)

    def _upload_model(self) -> None:
        self._upload(training_files.upload_model, self._job.output)
        self._jobs.change(self._job.name, lambda job: replace(job, has_model=True))

    def _upload(self, upload: Callable[[ObjectStore, Path, T], None], where: T) -> None:
        try:
            upload(self._instance.objects, self._directory, where)
        except (AwsError, ContainerFailed) as error:
            raise JobFailed(f"ClientError: Artifact upload failed: {error}") from error

    def _stopped(self, reason: StopReason | None) -> None:
        """End a job that was asked to stop; what the script has saved of its model is kept, as AWS keeps it."""
        if training_files.holds_files(self._directory / "model"):
            self._upload_model()
        out_of_time = reason is StopReason.OUT_OF_TIME
        self._enter_last(SecondaryStatus.MAX_RUNTIME_EXCEEDED if out_of_time else SecondaryStatus.STOPPED)

    def _ended(self, job: TrainingJob, status: JobStatus, reason: str | None) -> TrainingJob:
        return self._finished(job, SecondaryStatus(status), reason)

    def _enter(self, status: SecondaryStatus) -> None:
        self._jobs.change(self._job.name, lambda job: entered(job, status))

    def _enter_last(self, status: SecondaryStatus) -> None:
        self._write_end(lambda job: self._finished(job, status))

    def _finished(self, job: TrainingJob, status: SecondaryStatus, reason: str | None = None) -> TrainingJob:
        return replace(entered(job, status, reason), metrics=self._metrics.final())


def _channel(channel: dict[str, Any]) -> dict[str, Any]:
    """Describe a channel as `inputdataconfig.json` does."""
    return {
        "TrainingInputMode": "File",
        "S3DistributionType": channel["DataSource"]["S3DataSource"].get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": "None",
        **{name: channel[name] for name in ("ContentType",) if name in channel},
    }
