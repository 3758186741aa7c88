"""One run of a processing job, from its inputs in S3 to its outputs in S3."""

from __future__ import annotations

import codecs
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from local_sagemaker.containers import ContainerFailed, ProcessingDefinition, ProcessingOutcome, namespaces
from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.processing.files import OutputFiles, download_inputs
from local_sagemaker.sagemaker.processing.records import ProcessingJob
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.limits import PROCESSING_DEFAULT_SECONDS
from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.running.input_files import BadInputData
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_records import moved, started
from local_sagemaker.sagemaker.running.job_run import INSTANCE, ContainerRun, JobFailed, resource_config
from local_sagemaker.sagemaker.running.log_streams import PROCESSING_GROUP
from local_sagemaker.sagemaker.running.stopping import StopReason, StopRequest, time_limit

_NOT_CONFIGURED = ("Tags",)


class ProcessingRun(ContainerRun[ProcessingJob]):
    """Runs one job in the calling thread, and keeps its record up to date.

    Parameters
    ----------
    job : ProcessingJob
        The job's record, just created.
    jobs : Resources of ProcessingJob
        Where the record is kept.
    instance : ComputeInstance
        Where it runs.
    """

    def __init__(self, job: ProcessingJob, jobs: Resources[ProcessingJob], instance: ComputeInstance) -> None:
        name = f"{job.name}.{secrets.token_hex(4)}"  # a deleted job's name can come again
        log = instance.logs.open(PROCESSING_GROUP, f"{job.name}/{INSTANCE}-{int(time.time())}")
        super().__init__(job, jobs, instance.work / "processing" / name, log)
        self._base = self._directory / "ml"
        self._instance = instance
        self._exit_message: str | None = None

    def _work(self, stop: StopRequest) -> None:
        job, objects = self._job, self._instance.objects
        self._directory.mkdir(mode=0o700, parents=True)
        try:
            download_inputs(objects, job.inputs, self._base, stop)
        except (BadInputData, AwsError) as error:
            raise JobFailed(f"ClientError: Data download failed: {error}") from error
        outputs = OutputFiles(objects, job.outputs, self._base)
        self._jobs.change(job.name, started)
        outcome = self._run_container(outputs, stop)
        self._exit_message = _exit_message(outcome.message)
        stop.check()
        if outcome.exit_code != 0:
            said = " ".join(part for part in (self._exit_message, outcome.hint) if part)
            raise JobFailed(f"AlgorithmError: {said}, exit code: {outcome.exit_code}")
        _uploading(outputs.upload_at_end)

    def _run_container(self, outputs: OutputFiles, stop: StopRequest) -> ProcessingOutcome:
        container = self._instance.make_processing(self._definition(), self._directory, self._log.write)
        try:
            with ExitStack() as around:
                around.enter_context(outputs.continuously())
                around.enter_context(stop.on_stop(container.stop))
                around.enter_context(time_limit(self._seconds, stop))
                return container.run()
        except ContainerFailed as error:
            stop.check()
            raise JobFailed(f"AlgorithmError: {error.reason}") from error
        except AwsError as error:
            raise JobFailed(f"ClientError: Output upload failed: {error}") from error

    @property
    def _seconds(self) -> int:
        condition = self._job.request.get("StoppingCondition", {})
        return int(condition.get("MaxRuntimeInSeconds", PROCESSING_DEFAULT_SECONDS))

    def _definition(self) -> ProcessingDefinition:
        request = self._job.request
        application = request["AppSpecification"]
        isolated = request.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        if isolated and (warning := namespaces.no_isolation()):
            self._log.write(f"WARNING: {warning}")
        return ProcessingDefinition(
            image=application["ImageUri"],
            region=self._instance.arns.region,
            entrypoint=application.get("ContainerEntrypoint", ()),
            arguments=application.get("ContainerArguments", ()),
            environment=request.get("Environment", {}),
            configuration=self._configuration(),
            resources=resource_config(request["ProcessingResources"]["ClusterConfig"]),
            network_isolation=isolated,
        )

    def _configuration(self) -> Mapping[str, Any]:
        """Describe the job as `processingjobconfig.json` does."""
        request = {name: value for name, value in self._job.request.items() if name not in _NOT_CONFIGURED}
        return {"ProcessingJobArn": self._instance.arns.of(Kind.PROCESSING_JOB, self._job.name), **request}

    def _stopped(self, reason: StopReason | None) -> None:
        late = f"MaxRuntimeExceeded: the job was to end within {self._seconds} s (StoppingCondition)."
        self._end(JobStatus.STOPPED, late if reason is StopReason.OUT_OF_TIME else None)

    def _ended(self, job: ProcessingJob, status: JobStatus, reason: str | None) -> ProcessingJob:
        return replace(moved(job, status, reason), exit_message=self._exit_message)


def _uploading(upload: Callable[[], None]) -> None:
    try:
        upload()
    except AwsError as error:
        raise JobFailed(f"ClientError: Output upload failed: {error}") from error


def _exit_message(message: bytes) -> str | None:
    """Read an ExitMessage; its last character may have been cut."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(message).strip() or None
    except UnicodeDecodeError as error:
        raise JobFailed("ClientError: /opt/ml/output/message is not UTF-8 text.") from error
