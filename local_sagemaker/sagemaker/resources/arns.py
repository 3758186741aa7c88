"""The names that AWS gives to resources: their kinds and their Amazon Resource Names."""

from __future__ import annotations

import re
from enum import StrEnum

from local_sagemaker.http.region import current_region

ACCOUNT = "123456789012"
"""The account that everything local belongs to."""

_ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:([a-z-]+)/(.+)", re.IGNORECASE)


class Kind(StrEnum):
    """The kinds of resource that are ours; the value is the kind's name in an ARN.

    The ARN of a pipeline's execution has the pipeline's: `pipeline/name/execution/id`.
    """

    TRAINING_JOB = "training-job"
    MODEL = "model"
    ENDPOINT_CONFIG = "endpoint-config"
    ENDPOINT = "endpoint"
    TRANSFORM_JOB = "transform-job"
    MODEL_PACKAGE_GROUP = "model-package-group"
    MODEL_PACKAGE = "model-package"
    PROCESSING_JOB = "processing-job"
    HYPER_PARAMETER_TUNING_JOB = "hyper-parameter-tuning-job"
    PIPELINE = "pipeline"
    PIPELINE_EXECUTION = "pipeline-execution"
    EXPERIMENT = "experiment"
    TRIAL = "experiment-trial"
    TRIAL_COMPONENT = "experiment-trial-component"
    ACTION = "action"
    ARTIFACT = "artifact"
    CONTEXT = "context"


class Arns:
    """Writes ARNs in the region of the request that is being answered."""

    @property
    def region(self) -> str:
        """The region."""
        return current_region()

    def of(self, kind: Kind, name: str) -> str:
        """Write the ARN of one resource."""
        noun = Kind.PIPELINE if kind is Kind.PIPELINE_EXECUTION else kind
        return f"arn:aws:sagemaker:{self.region}:{ACCOUNT}:{noun}/{name}"

    def name(self, kind: Kind, name_or_arn: str) -> str:
        """Read a name where the API takes an ARN, too. An ARN of another kind, region or account names nothing here,
        and comes back as it is.
        """
        place = parse(name_or_arn)
        return place[1] if place is not None and self.of(kind, place[1]) == name_or_arn else name_or_arn

    def log_group(self, group: str) -> str:
        """Write the ARN of a CloudWatch log group."""
        return f"arn:aws:logs:{self.region}:{ACCOUNT}:log-group:{group}"


def parse(arn: str) -> tuple[Kind, str] | None:
    """Read kind and name from an ARN; None where the kind is not one of ours."""
    match = _ARN.fullmatch(arn)
    if match is None or match[1] not in set(Kind):
        return None
    if match[1] == Kind.PIPELINE and "/execution/" in match[2]:
        return Kind.PIPELINE_EXECUTION, match[2]
    return Kind(match[1]), match[2]
