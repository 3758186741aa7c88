"""What a client is told when a request cannot be taken: AWS's error codes, and AWS's words where it has some."""

from __future__ import annotations

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.resources.arns import Kind

_NOUNS = {
    Kind.TRAINING_JOB: "training job",
    Kind.MODEL: "model",
    Kind.ENDPOINT_CONFIG: "endpoint configuration",
    Kind.ENDPOINT: "endpoint",
    Kind.TRANSFORM_JOB: "transform job",
    Kind.PROCESSING_JOB: "processing job",
    Kind.HYPER_PARAMETER_TUNING_JOB: "hyperparameter tuning job",
    Kind.PIPELINE: "pipeline",
    Kind.PIPELINE_EXECUTION: "pipeline execution",
}
_REGISTRY = {Kind.MODEL_PACKAGE_GROUP: "Model Package Group", Kind.MODEL_PACKAGE: "Model Package"}

_JOBS = (Kind.TRAINING_JOB, Kind.TRANSFORM_JOB, Kind.PROCESSING_JOB, Kind.HYPER_PARAMETER_TUNING_JOB)


def invalid(message: str) -> AwsError:
    """Refuse a request that AWS would refuse too."""
    return AwsError("ValidationException", message)


def unsupported(what: str, instead: str) -> AwsError:
    """Refuse by name what AWS can do and the local SageMaker cannot."""
    return AwsError("ValidationException", f"The local SageMaker does not support {what}: {instead}")


def not_found(kind: Kind, arn: str) -> AwsError:
    """Answer a request about something that is not there.

    SageMaker declares `ResourceNotFound` for jobs and answers `ValidationException` for all, which is what the waiters
    of boto3 and the SDK rely on.
    """
    if kind is Kind.TRAINING_JOB:
        return invalid("Requested resource not found.")
    if kind in _REGISTRY:
        return invalid(f"{_REGISTRY[kind].replace(' ', '')} {arn} does not exist.")
    if kind in (Kind.PIPELINE, Kind.PIPELINE_EXECUTION):
        return AwsError("ResourceNotFound", f"{_NOUNS[kind].capitalize()} '{arn}' does not exist.")
    return invalid(f'Could not find {_NOUNS[kind]} "{arn}".')


def already_exists(kind: Kind, arn: str) -> AwsError:
    """Refuse a second resource of the same name."""
    if kind in _JOBS:
        noun = _NOUNS[kind]
        return AwsError(
            "ResourceInUse",
            f"{noun.capitalize()} names must be unique within an AWS account and region, "
            f"and a {noun} with this name already exists ({arn})",
        )
    if kind in _REGISTRY:
        return invalid(f"{_REGISTRY[kind]} already exists: {arn}")
    if kind is Kind.PIPELINE:
        name = arn.rpartition("/")[2]
        unique = "Pipeline names must be unique within an AWS account and region."
        return invalid(f"{unique} Pipeline with name ({name}) already exists.")
    return invalid(f'Cannot create already existing {_NOUNS[kind]} "{arn}".')


def not_stoppable(kind: Kind, status: str) -> AwsError:
    """Refuse to stop a job that has ended."""
    return invalid(f"The request was rejected because the {_NOUNS[kind]} is in status {status}.")


def not_deletable(kind: Kind, name: str, status: str) -> AwsError:
    """Refuse to delete a job that has not ended."""
    message = f"The {_NOUNS[kind]} {name} is in status {status}: only one that has ended can be deleted."
    return AwsError("ResourceInUse", message)


def stopping() -> AwsError:
    """Refuse what would have to run, and would not any more; clients try again."""
    return AwsError("ServiceUnavailable", "The local SageMaker is stopping.", 503)


def refuse_code_from_s3(location: str | None) -> None:
    """Refuse what would fail on AWS: code in S3 for a container that is cut off from it.

    Raises
    ------
    AwsError
        `ValidationException`, saying where to put the code.
    """
    uri = (location or "").strip('"')
    if uri.startswith("s3://"):
        raise invalid(
            f"Under EnableNetworkIsolation a container cannot fetch its code from {uri}. Give it with the data: as a "
            "channel of the training job (/opt/ml/input/data/code/…), in the model's artefact (/opt/ml/model/code)."
        )
