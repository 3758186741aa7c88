"""What a CreateModel request asks for: one container, or several executed serially."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from local_sagemaker.http.region import DEFAULT_REGION, current_region
from local_sagemaker.sagemaker.models.records import ContainerDefinition
from local_sagemaker.sagemaker.resources import refusals, s3_uris

Packaged = Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]

_MOST = 15
"""Containers that a model can have (the length limit of `ContainerDefinitionList`)."""

PRIMARY = "primary"
"""What AWS calls the container of a model that has only one."""


def container_definitions(request: Mapping[str, Any], packaged: Packaged) -> tuple[ContainerDefinition, ...]:
    """Read the containers of a CreateModel request.

    Parameters
    ----------
    request : mapping of str to Any
        The request.
    packaged : callable
        Writes the containers that one with a ModelPackageName stands for.

    Raises
    ------
    AwsError
        `ValidationException` if they are not one PrimaryContainer, or 2 to 15 Containers executed serially.
    """
    isolated = request.get("EnableNetworkIsolation", False)
    return tuple(replace(container, network_isolation=isolated) for container in _containers(request, packaged))


def _containers(request: Mapping[str, Any], packaged: Packaged) -> tuple[ContainerDefinition, ...]:
    primary, several = request.get("PrimaryContainer"), request.get("Containers", ())
    if bool(primary) == bool(several):
        raise refusals.invalid("Exactly one of PrimaryContainer and Containers must be given.")
    if request.get("InferenceExecutionConfig", {}).get("Mode") == "Direct":
        raise refusals.unsupported("InferenceExecutionConfig.Mode=Direct", "create a model of each container.")
    containers = [each for member in ([primary] if primary else several) for each in _unpacked(member, packaged)]
    if len(containers) == 1:
        return (_definition(containers[0], PRIMARY),)
    if len(containers) > _MOST:
        raise refusals.invalid(f"A model has at most {_MOST} containers, and these are {len(containers)}.")
    return _serial(containers)


def _unpacked(member: Mapping[str, Any], packaged: Packaged) -> Sequence[Mapping[str, Any]]:
    if "ModelPackageName" in member:
        return packaged(member)
    if "InferenceSpecificationName" in member:
        raise refusals.invalid("An InferenceSpecificationName needs the ModelPackageName that it belongs to.")
    return [member]


def _serial(members: Sequence[Mapping[str, Any]]) -> tuple[ContainerDefinition, ...]:
    definitions = tuple(_definition(member, f"container-{place}") for place, member in enumerate(members, start=1))
    names = [definition.hostname for definition in definitions]
    for name in names:
        if names.count(name) > 1:
            raise refusals.invalid(f'Two containers have the ContainerHostname "{name}"; each needs its own.')
    return definitions


def _definition(member: Mapping[str, Any], default_hostname: str) -> ContainerDefinition:
    multi_model = member.get("Mode") == "MultiModel"
    if multi_model:
        _check_multi_model(member, default_hostname)
    if "Image" not in member:
        raise refusals.invalid("A container needs an Image or a ModelPackageName.")
    if "AdditionalModelDataSources" in member:
        raise refusals.unsupported("AdditionalModelDataSources", "put all files into the one model.tar.gz.")
    return ContainerDefinition(
        hostname=member.get("ContainerHostname", default_hostname),
        image=member["Image"],
        model_data=_model_data(member),
        environment={**_region_variables(), **member.get("Environment", {})},
        multi_model=multi_model,
    )


def _check_multi_model(member: Mapping[str, Any], place: str) -> None:
    if place != PRIMARY:
        raise refusals.unsupported("Mode=MultiModel of one of several containers", "give it as PrimaryContainer.")
    if "ModelDataUrl" not in member:
        raise refusals.invalid("A container of Mode=MultiModel needs a ModelDataUrl: the S3 prefix of its models.")
    s3_uris.parse(member["ModelDataUrl"])


def _region_variables() -> Mapping[str, str]:
    """The region's, unless it is the one that containers have anyway."""
    region = current_region()
    return {} if region == DEFAULT_REGION else {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}


def _model_data(member: Mapping[str, Any]) -> str | None:
    source = member.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return member.get("ModelDataUrl")
    if source["S3DataType"] != "S3Object" or source["CompressionType"] != "Gzip":
        raise refusals.unsupported("an uncompressed ModelDataSource", "give one model.tar.gz (S3Object, Gzip).")
    uri: str = source["S3Uri"]
    return uri
