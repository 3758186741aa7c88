"""What becomes of an operation of the API here: executed, kept, or refused by its name. Nothing else is possible."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Protocol

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler

_DONE_OVER_CAPTURES = "Run the check as a processing job over what the endpoint's data capture has written."
_INSTEAD: Mapping[str, str] = {
    "AutoML": "Make a tuning job of a script of your own.",
    "CompilationJob": "Leave it out: a model is served as it is.",
    "FeatureGroup": "Keep the features as files in S3, which processing and training jobs take.",
    "InferenceComponent": "Give each production variant a ModelName.",
    "InferenceExperiment": "Make an endpoint of each model, and send both the same requests.",
    "InferenceRecommendationsJob": "Leave it out: instances are not told apart here.",
    "JobDefinition": _DONE_OVER_CAPTURES,
    "LabelingJob": "Put the labels into S3 as the job would have left them.",
    "Mlflow": "Start an MLflow server of your own, and give its URL as the tracking URI.",
    "ModelCard": "Keep it beside the model, or in the CustomerMetadataProperties of its package.",
    "Monitoring": f"{_DONE_OVER_CAPTURES} EventBridge Scheduler starts it, or a pipeline of it.",
    "NotebookInstance": "Run the notebook where you are, in a shell after `local-sagemaker env`.",
}
"""What to do instead of operations that begin something with these words in its name."""


class Answered(StrEnum):
    """What becomes of an operation."""

    EXECUTED = "executed"
    """It does here what it does on AWS: something runs, or what runs depends on it."""
    KEPT = "kept"
    """It writes, reads or changes a durable record that nothing is run for."""
    REFUSED = "refused"
    """It is answered with an error that names it."""


class Operations(Protocol):
    """The operations on one kind of resource."""

    answered: ClassVar[Answered]
    """What becomes of all of them."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""


def refused(operation: str) -> AwsError:
    """Refuse an operation, or what would be one, by its name, and say what to do instead where there is something."""
    begins = operation.startswith(("Create", "Start"))
    advice = next((f" {advice}" for words, advice in _INSTEAD.items() if begins and words in operation), "")
    return AwsError(
        "UnknownOperationException",
        f"{operation} is not part of the local SageMaker.{advice} docs/operations.md lists every operation of "
        "SageMaker, and whether it is executed, kept or refused.",
    )
