"""Versions of the pipeline's model: a model package group of the pipeline's name, and the packages in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pipeline.artefacts.source_code import digest
from pipeline.aws.finding import find
from pipeline.aws.ownership import hold_to_owner, is_ours
from pipeline.aws.session import Session
from pipeline.aws.storage import Location
from pipeline.errors import BadInput, NotReady
from pipeline.jobs.model import ContainerDefinition

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateModelPackageInputTypeDef,
        InferenceSpecificationTypeDef,
        ModelPackageContainerDefinitionTypeDef,
        ModelPackageSummaryTypeDef,
        UpdateModelPackageInputTypeDef,
    )

_INSTANCE_TYPES: Sequence[Literal["ml.m5.large", "ml.m5.xlarge", "ml.c5.xlarge", "ml.c6i.xlarge"]] = (
    "ml.m5.large",
    "ml.m5.xlarge",
    "ml.c5.xlarge",
    "ml.c6i.xlarge",
)


class Approval(StrEnum):
    """Whether a version may serve."""

    APPROVED = "Approved"
    REJECTED = "Rejected"
    PENDING = "PendingManualApproval"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the pipeline's model."""

    number: int
    arn: str
    approval: Approval
    description: str
    created: datetime

    @classmethod
    def of(cls, summary: ModelPackageSummaryTypeDef) -> Version:
        """Read it from what ListModelPackages says."""
        return cls(
            number=summary["ModelPackageVersion"],
            arn=summary["ModelPackageArn"],
            approval=Approval(summary["ModelApprovalStatus"]),
            description=summary.get("ModelPackageDescription", ""),
            created=summary["CreationTime"],
        )


def versions(session: Session) -> Iterator[Version]:
    """Yield the versions, the newest first; none where there is no group, or it is not ours."""
    if not _group_is_ours(session):
        return
    pages = session.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=session.name, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        yield from map(Version.of, page["ModelPackageSummaryList"])


def description(run_id: str, containers: Sequence[ContainerDefinition]) -> str:
    """Describe a version by what is in it, so that the same is not registered twice."""
    content = {item.hostname: digest({"artefact": item.artefact, **item.environment}) for item in containers}
    return f"run {run_id}, content {digest(content)[:16]}"


def registered(session: Session, run_id: str, containers: Sequence[ContainerDefinition]) -> Version | None:
    """Return the version of these containers; None where there is none."""
    wanted = description(run_id, containers)
    return next((version for version in versions(session) if version.description == wanted), None)


def create(
    session: Session,
    run_id: str,
    containers: Sequence[ContainerDefinition],
    quality: Location,
    facts: Mapping[str, str],
) -> Version:
    """Register both containers in series as a new version, which waits for approval.

    Parameters
    ----------
    session : Session
        Session.
    run_id : str
        The run that they are of.
    containers : sequence of ContainerDefinition
        The containers.
    quality : Location
        The model-quality JSON.
    facts : mapping of str to str
        What the registry shows beside it.

    Raises
    ------
    BadInput
        If the group of our name is not ours.
    """
    _ensure_group(session)
    request: CreateModelPackageInputTypeDef = {
        "ModelPackageGroupName": session.name,
        "ModelPackageDescription": description(run_id, containers),
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": _specification(containers),
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": str(quality)}}},
        "CustomerMetadataProperties": dict(facts),
    }
    session.sagemaker.create_model_package(**request)
    created = registered(session, run_id, containers)
    assert created is not None
    return created


def _specification(containers: Sequence[ContainerDefinition]) -> InferenceSpecificationTypeDef:
    definitions: list[ModelPackageContainerDefinitionTypeDef] = [
        {
            "ContainerHostname": item.hostname,
            "Image": item.image,
            "ModelDataUrl": item.artefact,
            "Environment": dict(item.environment),
        }
        for item in containers
    ]
    return {
        "Containers": definitions,
        "SupportedContentTypes": ["text/plain", "text/csv", "application/json", "application/jsonlines"],
        "SupportedResponseMIMETypes": ["application/json", "application/jsonlines", "text/csv"],
        "SupportedRealtimeInferenceInstanceTypes": _INSTANCE_TYPES,
        "SupportedTransformInstanceTypes": _INSTANCE_TYPES,
    }


def judge(session: Session, number: int | None, approval: Approval, why: str | None) -> Version:
    """Approve or reject a version, the newest when none is named; returns it as it was before.

    Raises
    ------
    NotReady
        If there is no such version.
    """
    version = numbered(session, number)
    if version.approval is not approval:
        request: UpdateModelPackageInputTypeDef = {
            "ModelPackageArn": version.arn,
            "ModelApprovalStatus": approval.value,
        }
        if why:
            request["ApprovalDescription"] = why
        session.sagemaker.update_model_package(**request)
    return version


def numbered(session: Session, number: int | None) -> Version:
    """Return a version by its number, the newest when none is named.

    Raises
    ------
    NotReady
        If there is no such version.
    """
    for version in versions(session):
        if number in (None, version.number):
            return version
    which = "no version" if number is None else f"no version {number}"
    raise NotReady(f"There is {which} of {session.name} in the model registry: `make register` makes one.")


def latest_approved(session: Session) -> Version:
    """Return the newest version that is approved.

    Raises
    ------
    NotReady
        If none is.
    """
    for version in versions(session):
        if version.approval is Approval.APPROVED:
            return version
    raise NotReady(f"No version of {session.name} in the model registry is approved: `make approve` approves one.")


def named(session: Session, name: str) -> Version:
    """Return a version by its number, or by its ARN, which may be another group's.

    Raises
    ------
    NotReady
        If there is no such version.
    BadInput
        If `name` is neither.
    """
    if name.isdecimal():
        return numbered(session, int(name))
    if not name.startswith("arn:"):
        raise BadInput(f"--model-package {name!r}: give a version's number, or a model package's ARN.")
    found = find(lambda: session.sagemaker.describe_model_package(ModelPackageName=name))
    if found is None:
        raise NotReady(f"There is no model package {name}.")
    return Version.of(found)  # type: ignore[arg-type]  # it has the members of a summary


def delete_all(session: Session) -> Iterator[str]:
    """Delete all versions and their group, yielding what was deleted."""
    if not _group_is_ours(session):
        return
    for version in list(versions(session)):
        session.sagemaker.delete_model_package(ModelPackageName=version.arn)
        yield f"model package {session.name} version {version.number}"
    session.sagemaker.delete_model_package_group(ModelPackageGroupName=session.name)
    yield f"model package group {session.name}"


def _group_arn(session: Session) -> str | None:
    found = find(lambda: session.sagemaker.describe_model_package_group(ModelPackageGroupName=session.name))
    return found["ModelPackageGroupArn"] if found else None


def _group_is_ours(session: Session) -> bool:
    arn = _group_arn(session)
    return arn is not None and is_ours(session, arn)


def _ensure_group(session: Session) -> None:
    arn = _group_arn(session)
    if arn is not None:
        hold_to_owner(session, "model package group", session.name, arn)
        return
    session.sagemaker.create_model_package_group(ModelPackageGroupName=session.name, Tags=session.owner_tags)
