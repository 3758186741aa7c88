"""One run of a transform job: its own containers, its objects, its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.models.model_data import ModelDataMissing
from local_sagemaker.sagemaker.models.records import Model
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.running.inference_pipeline import InferencePipeline, NotHealthy
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_records import started
from local_sagemaker.sagemaker.running.job_run import ContainerRun, JobFailed
from local_sagemaker.sagemaker.running.log_streams import TRANSFORM_GROUP, instance_id
from local_sagemaker.sagemaker.running.stopping import StopRequest
from local_sagemaker.sagemaker.transform.input_objects import ObjectFailure, ObjectTransform
from local_sagemaker.sagemaker.transform.records import TransformJob
from local_sagemaker.sagemaker.transform.sending import PipelineGone, Sender
from local_sagemaker.sagemaker.transform.settings import settings

_STARTUP_SECONDS = 240.0
_NO_PING = (
    "Model container failed to respond to ping. Please ensure /ping endpoint is implemented and responds with an HTTP "
    "200 status code"
)


class TransformRun(ContainerRun[TransformJob]):
    """Runs one job in the calling thread, and keeps its record up to date.

    Parameters
    ----------
    job : TransformJob
        The job's record, just created.
    model : Model
        The model it was created with.
    jobs : Resources of TransformJob
        Where the record is kept.
    instance : ComputeInstance
        Where it runs.
    """

    def __init__(
        self, job: TransformJob, model: Model, jobs: Resources[TransformJob], instance: ComputeInstance
    ) -> None:
        self._stream = f"{job.name}/{instance_id()}-{int(time.time())}"
        log = instance.logs.open(TRANSFORM_GROUP, f"{self._stream}/data-log")
        super().__init__(job, jobs, instance.work / "transform" / job.name, log)
        self._model = model
        self._instance = instance

    def _work(self, stop: StopRequest) -> None:
        request = self._job.request
        pipeline = self._instance.pipeline(
            self._model.containers,
            _environment(request),
            self._directory,
            self._directory / "archives",
            TRANSFORM_GROUP,
            self._stream,
        )
        try:
            self._start(pipeline, stop)
            with stop.on_stop(pipeline.stop):
                self._send_all(pipeline, stop)
        finally:
            pipeline.stop()

    def _start(self, pipeline: InferencePipeline, stop: StopRequest) -> None:
        try:
            pipeline.start(_STARTUP_SECONDS, stop)
        except NotHealthy as error:
            raise JobFailed(f"AlgorithmError: {_NO_PING} ({error})") from error
        except ModelDataMissing as error:
            raise JobFailed(f"ClientError: {error}") from error
        self._jobs.change(self._job.name, started)

    def _send_all(self, pipeline: InferencePipeline, stop: StopRequest) -> None:
        request, objects = self._job.request, self._instance.objects
        try:
            chosen = settings(request, pipeline.containers[0].execution_parameters())
            self._write(str(chosen))
            output = s3_uris.parse(request["TransformOutput"]["S3OutputPath"])
            sender = Sender(pipeline, chosen, stop)
            work = ObjectTransform(objects, chosen, sender, output, self._directory, self._report)
            source = request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
            failures = work.run(s3_uris.below(objects, s3_uris.parse(source)))
        except (ContainerFailed, PipelineGone) as error:
            stop.check()
            raise JobFailed(f"AlgorithmError: {error}") from error
        except AwsError as error:
            raise JobFailed(f"ClientError: {error}") from error
        if failures:
            others = f" ({len(failures) - 1} more objects failed)" if len(failures) > 1 else ""
            raise JobFailed(f"{failures[0]}{others}")

    def _report(self, failure: ObjectFailure) -> None:
        info = failure.item.info
        self._write(f"{info.bucket}/{info.key}: {failure.failure.message}")

    def _write(self, text: str) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        self._log.write(f"{moment}:[sagemaker logs]: {text}")


def _environment(request: Mapping[str, Any]) -> dict[str, str]:
    """Put together what the containers of a job get beside their own environment."""
    told = {
        "SAGEMAKER_BATCH_STRATEGY": request.get("BatchStrategy"),
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": request.get("MaxPayloadInMB"),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": request.get("MaxConcurrentTransforms"),
    }
    given = {name: str(value) for name, value in told.items() if value is not None}
    return {"SAGEMAKER_BATCH": "true", **given, **request.get("Environment", {})}
