"""Which of the service's operations a step of each type is executed with, and where their answers go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_sagemaker.sagemaker.pipelines.definition.document import StepType


@dataclass(frozen=True, slots=True)
class StepKind:
    """How steps of one type are executed.

    Parameters
    ----------
    create, describe : str
        The operations that make the step's resource and tell of it.
    name : str
        The member of the Create request that names the resource; None where the service names it.
    handle : str
        The member of the Describe request that says which one.
    arn : str
        The member of the Create response with its ARN.
    metadata : str
        Where the ARN stands in the step's Metadata.
    status : str, optional
        The member of the Describe response with the job's status; None where there is nothing to wait for.
    stop : str, optional
        The operation that stops the job.
    cache_key : tuple of str
        The members of the Create request that, changed, make a cached result useless; as AWS lists them. Members of
        members are written with dots.
    variable : str, optional
        The execution variable that has the job's name.
    """

    create: str
    describe: str
    handle: str
    arn: str
    metadata: str
    name: str | None = None
    status: str | None = None
    stop: str | None = None
    cache_key: tuple[str, ...] = ()
    variable: str | None = None


def _job(kind: str, metadata: str, *cache_key: str, noun: str | None = None, variable: str | None = None) -> StepKind:
    member = noun or kind
    return StepKind(
        create=f"Create{kind}Job",
        describe=f"Describe{kind}Job",
        stop=f"Stop{kind}Job",
        name=f"{member}JobName",
        handle=f"{member}JobName",
        arn=f"{member}JobArn",
        status=f"{member}JobStatus",
        metadata=metadata,
        cache_key=cache_key,
        variable=variable,
    )


_TUNING = "TrainingJobDefinition"
KINDS: Mapping[StepType, StepKind] = {
    StepType.TRAINING: _job(
        "Training",
        "TrainingJob",
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
        variable="TrainingJobName",
    ),
    StepType.PROCESSING: _job(
        "Processing",
        "ProcessingJob",
        "AppSpecification",
        "Environment",
        "ProcessingInputs",
        variable="ProcessingJobName",
    ),
    StepType.TRANSFORM: _job(
        "Transform", "TransformJob", "DataProcessing", "Environment", "ModelName", "TransformInput"
    ),
    StepType.TUNING: _job(
        "HyperParameterTuning",
        "TuningJob",
        "HyperParameterTuningJobConfig",
        f"{_TUNING}.AlgorithmSpecification",
        f"{_TUNING}.HyperParameterRanges",
        f"{_TUNING}.InputDataConfig",
        f"{_TUNING}.StaticHyperParameters",
        f"{_TUNING}.TuningObjective",
        "TrainingJobDefinitions",
    ),
    StepType.MODEL: StepKind("CreateModel", "DescribeModel", "ModelName", "ModelArn", "Model", name="ModelName"),
    StepType.REGISTER_MODEL: StepKind(
        "CreateModelPackage",
        "DescribeModelPackage",
        "ModelPackageName",
        "ModelPackageArn",
        "RegisterModel",
        status="ModelPackageStatus",
    ),
}
"""Condition and Fail steps are executed by the pipeline itself."""

TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
"""What a tuning step's properties have beside its description: its training jobs, best first."""
