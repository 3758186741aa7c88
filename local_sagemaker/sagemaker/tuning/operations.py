"""CreateHyperParameterTuningJob, Describe…, List…, Stop…, Delete…, and ListTrainingJobsForHyperParameterTuningJob."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_operations import JobOperations
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.training.operations import TrainingJobOperations
from local_sagemaker.sagemaker.tuning import summaries
from local_sagemaker.sagemaker.tuning.pages import page_of
from local_sagemaker.sagemaker.tuning.records import TuningJob, objective_of
from local_sagemaker.sagemaker.tuning.requests import check_tuning
from local_sagemaker.sagemaker.tuning.run import TuningRun
from local_sagemaker.sagemaker.tuning.summaries import Outcome
from local_sagemaker.sagemaker.tuning.training_requests import resources, static_hyperparameters


class TuningJobOperations(JobOperations[TuningJob]):
    """The operations on tuning jobs.

    Parameters
    ----------
    records, running, instance, tags
        See `JobOperations`.
    training : TrainingJobOperations
        Runs the training jobs.
    """

    def __init__(
        self,
        records: Resources[TuningJob],
        training: TrainingJobOperations,
        running: Jobs,
        instance: ComputeInstance,
        tags: Tags,
    ) -> None:
        super().__init__(Kind.HYPER_PARAMETER_TUNING_JOB, records, running, instance, tags)
        self._training = training

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateHyperParameterTuningJob": self.create,
            "DeleteHyperParameterTuningJob": self.delete,
            "DescribeHyperParameterTuningJob": self.describe,
            "ListHyperParameterTuningJobs": self.list,
            "ListTrainingJobsForHyperParameterTuningJob": self.list_training_jobs,
            "StopHyperParameterTuningJob": self.stop,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateHyperParameterTuningJob; the job starts at once.

        Raises
        ------
        AwsError
            `ResourceInUse` if the name is taken, `ValidationException` for what `check_tuning` refuses.
        """
        name, time = request["HyperParameterTuningJobName"], now()
        check_tuning(request, self._instance.objects, self._arns.region)
        job = TuningJob(name=name, request=request, created=time, modified=time, status=JobStatus.IN_PROGRESS)
        run = TuningRun(job, self._records, self._training, self._arn(name))
        return {"HyperParameterTuningJobArn": self._begin(job, run.run)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeHyperParameterTuningJob."""
        job = self.find(request["HyperParameterTuningJobName"])
        found = self._outcomes(job)
        best = summaries.best(found)
        summary = best.summary(self._training.arn(best.job.name), job.name) if best else None
        return {
            **{member: value for member, value in job.request.items() if member != "Tags"},
            **_definitions(job),
            **self._status(job, found),
            **({"BestTrainingJob": summary, "OverallBestTrainingJob": summary} if summary else {}),
            **({"FailureReason": job.failure_reason} if job.failure_reason else {}),
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListHyperParameterTuningJobs."""
        return self._listed(
            "HyperParameterTuningJobSummaries",
            request,
            lambda job: {
                **self._status(job, self._outcomes(job)),
                "Strategy": job.config["Strategy"],
                "ResourceLimits": job.config["ResourceLimits"],
            },
        )

    def list_training_jobs(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListTrainingJobsForHyperParameterTuningJob."""
        job = self.find(request["HyperParameterTuningJobName"])
        outcomes, token = page_of(self._outcomes(job), request)
        listed = [one.summary(self._training.arn(one.job.name), job.name) for one in outcomes]
        return {"TrainingJobSummaries": listed, **({"NextToken": token} if token else {})}

    @property
    def _name_member(self) -> str:
        return "HyperParameterTuningJobName"

    def _outcomes(self, job: TuningJob) -> Sequence[Outcome]:
        return summaries.outcomes(job, self._training.all_of([trial.name for trial in job.trials]))

    def _status(self, job: TuningJob, found: Sequence[Outcome]) -> dict[str, Any]:
        return {
            "HyperParameterTuningJobName": job.name,
            "HyperParameterTuningJobArn": self._arn(job.name),
            "HyperParameterTuningJobStatus": job.status,
            "CreationTime": job.created,
            "LastModifiedTime": job.modified,
            **({"HyperParameterTuningEndTime": job.ended} if job.ended else {}),
            **summaries.counters(found),
        }


def _definitions(job: TuningJob) -> dict[str, Any]:
    """Describe the definitions with what is added to each.

    The SDK's `HyperparameterTuner.attach` counts on a ResourceConfig, whichever way its `fit` has named the instance.
    """
    filled = [
        {
            **given,
            "StaticHyperParameters": static_hyperparameters(given, objective_of(job.request, given)),
            "ResourceConfig": resources(given),
        }
        for given in job.definitions
    ]
    if "TrainingJobDefinitions" in job.request:
        return {"TrainingJobDefinitions": filled}
    return {"TrainingJobDefinition": filled[0]}
