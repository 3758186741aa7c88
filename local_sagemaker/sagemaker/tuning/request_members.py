"""The members of requests about tuning jobs. A training job definition takes what CreateTrainingJob takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local_sagemaker.protocol.members import Members, below
from local_sagemaker.sagemaker.resources.members import reasons
from local_sagemaker.sagemaker.resources.request_members import SAGEMAKER

_TRAINING = SAGEMAKER["CreateTrainingJob"]
_SHARED = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "Environment",
)
_SCALED = "Name MinValue MaxValue ScalingType"
_TUNING_RESOURCES = "HyperParameterTuningResourceConfig"
_CONFIG = "HyperParameterTuningJobConfig"
_NO_SECOND_CHOICE = "the first instance of the list is always to be had"


def _shared(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.partition(".")[0] in _SHARED]


def _ranges(structure: str) -> str:
    return " ".join(
        [
            below(f"{structure}.IntegerParameterRanges", _SCALED),
            below(f"{structure}.ContinuousParameterRanges", _SCALED),
            below(f"{structure}.CategoricalParameterRanges", "Name Values"),
            below(f"{structure}.AutoParameters", "Name ValueHint"),
        ]
    )


def _honoured(definition: str) -> str:
    own = [
        "DefinitionName StaticHyperParameters RetryStrategy.MaximumRetryAttempts",
        below("TuningObjective", "Type MetricName"),
        _ranges("HyperParameterRanges"),
        below("AlgorithmSpecification", "TrainingImage TrainingInputMode"),
        below("AlgorithmSpecification.MetricDefinitions", "Name Regex"),
        below(_TUNING_RESOURCES, "InstanceType InstanceCount"),
        below(f"{_TUNING_RESOURCES}.InstanceConfigs", "InstanceType InstanceCount"),
        *_shared(_TRAINING.honoured.split()),
    ]
    return below(definition, " ".join(own))


def _without_meaning(definition: str) -> dict[str, str]:
    own = {
        below(_TUNING_RESOURCES, "VolumeSizeInGB InstanceConfigs.VolumeSizeInGB"): reasons.OWN_DISK,
        f"{_TUNING_RESOURCES}.VolumeKmsKeyId": reasons.NO_KEYS,
        f"{_TUNING_RESOURCES}.AllocationStrategy": _NO_SECOND_CHOICE,
        **{name: _TRAINING.reasons[name] for name in _shared(_TRAINING.reasons)},
    }
    return {below(definition, names): reason for names, reason in own.items()}


def _instead(definition: str) -> dict[str, str]:
    shared = {name: _TRAINING.instead[name] for name in _shared(_TRAINING.instead)}
    own = {
        "AlgorithmSpecification.AlgorithmName": "give TrainingImage.",
        **shared,
    }
    return {below(definition, name): advice for name, advice in own.items()}


TUNING: Mapping[str, Members] = {
    "CreateHyperParameterTuningJob": Members(
        " ".join(
            [
                f"HyperParameterTuningJobName {reasons.TAGS} {_CONFIG}.RandomSeed",
                below(f"{_CONFIG}.HyperParameterTuningJobObjective", "Type MetricName"),
                below(
                    f"{_CONFIG}.ResourceLimits", "MaxNumberOfTrainingJobs MaxParallelTrainingJobs MaxRuntimeInSeconds"
                ),
                _ranges(f"{_CONFIG}.ParameterRanges"),
                f"{_CONFIG}.TrainingJobEarlyStoppingType",
                f"{_CONFIG}.TuningJobCompletionCriteria.TargetObjectiveMetricValue",
                f"{_CONFIG}.TuningJobCompletionCriteria.BestObjectiveNotImproving.MaxNumberOfTrainingJobsNotImproving",
                _honoured("TrainingJobDefinition"),
                _honoured("TrainingJobDefinitions"),
            ]
        ),
        {**_without_meaning("TrainingJobDefinition"), **_without_meaning("TrainingJobDefinitions")},
        only={
            "Autotune.Mode": ("Enabled",),
            f"{_CONFIG}.Strategy": ("Bayesian", "Grid", "Random"),
            f"{_CONFIG}.TuningJobCompletionCriteria.ConvergenceDetected.CompleteOnConvergence": ("Disabled",),
        },
        instead={
            "WarmStartConfig": "give the ranges that an earlier tuning job has shown to be good.",
            f"{_CONFIG}.Strategy": "use Bayesian, Random or Grid.",
            f"{_CONFIG}.StrategyConfig": "leave it out: it is of Hyperband.",
            f"{_CONFIG}.TuningJobCompletionCriteria.ConvergenceDetected": "give BestObjectiveNotImproving.",
            **_instead("TrainingJobDefinition"),
            **_instead("TrainingJobDefinitions"),
        },
    ),
    "DeleteHyperParameterTuningJob": Members("HyperParameterTuningJobName"),
    "DescribeHyperParameterTuningJob": Members("HyperParameterTuningJobName"),
    "ListHyperParameterTuningJobs": Members(reasons.LIST_OF_CHANGING),
    "ListTrainingJobsForHyperParameterTuningJob": Members(
        "HyperParameterTuningJobName NextToken MaxResults StatusEquals SortBy SortOrder"
    ),
    "StopHyperParameterTuningJob": Members("HyperParameterTuningJobName"),
}
