"""The containers that a model package stands for, and whether their artefacts are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.registry.records import Approval, ModelPackage
from local_sagemaker.sagemaker.resources import refusals, s3_uris

_OF_A_MODEL = ("ContainerHostname", "Image", "ModelDataUrl", "ModelDataSource", "AdditionalModelDataSources")
"""The members of a package's container that are a model's container's, too."""


def with_etags(objects: ObjectStore, specification: Mapping[str, Any]) -> dict[str, Any]:
    """See that the artefacts of an inference specification are there, and note their ETags as AWS does.

    Raises
    ------
    AwsError
        `ValidationException`, in AWS's words, if one is not there or a container has no image.
    """
    return {**specification, "Containers": [_with_etag(objects, each) for each in specification["Containers"]]}


def definitions(package: ModelPackage, arn: str, member: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write what a container that names a package stands for, as the containers of a CreateModel request.

    Parameters
    ----------
    package : ModelPackage
        The package.
    arn : str
        Its ARN.
    member : mapping of str to Any
        The container that names it; its environment goes over the package's.

    Raises
    ------
    AwsError
        `ValidationException` if the package is not approved or has no such specification, or the container says more
        than its package and environment.
    """
    if package.approval not in (None, Approval.APPROVED):
        raise refusals.invalid(
            f"The model package {arn} is {package.approval}: a versioned model package must be Approved to be deployed."
        )
    _check_alone(member)
    containers = _specification(package, arn, member.get("InferenceSpecificationName"))["Containers"]
    environment = member.get("Environment", {})
    if environment and len(containers) > 1:
        raise refusals.unsupported(
            "Environment beside a ModelPackageName of several containers", "set it in the package's containers."
        )
    return [_definition(container, environment, member) for container in containers]


def _check_alone(member: Mapping[str, Any]) -> None:
    for name in ("Image", "ModelDataUrl", "ModelDataSource"):
        if name in member:
            raise refusals.invalid(f"A container has either a ModelPackageName or {name}, not both.")


def _specification(package: ModelPackage, arn: str, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return _first(package.description.get("InferenceSpecification"), f"{arn} has no InferenceSpecification.")
    named = [each for each in additional(package) if each["Name"] == name]
    return _first(named[0] if named else None, f"{arn} has no inference specification {name}.")


def additional(package: ModelPackage) -> Sequence[Mapping[str, Any]]:
    """Return a package's additional inference specifications."""
    found: Sequence[Mapping[str, Any]] = package.description.get("AdditionalInferenceSpecifications", ())
    return found


def _first(found: Mapping[str, Any] | None, otherwise: str) -> Mapping[str, Any]:
    if found is None:
        raise refusals.invalid(f"The model package {otherwise}")
    return found


def _definition(
    container: Mapping[str, Any], environment: Mapping[str, str], member: Mapping[str, Any]
) -> dict[str, Any]:
    said = {name: container[name] for name in _OF_A_MODEL if name in container}
    hostname = {name: member[name] for name in ("ContainerHostname",) if name in member}
    return {**said, **hostname, "Environment": {**container.get("Environment", {}), **environment}}


def _with_etag(objects: ObjectStore, container: Mapping[str, Any]) -> dict[str, Any]:
    if "Image" not in container:
        raise refusals.invalid("A container of an inference specification needs an Image.")
    for place in _artefacts(container):
        try:
            info = objects.head(place.bucket, place.key)
        except AwsError as error:
            raise refusals.invalid(
                f"Cannot find S3 object: {place.key} in bucket {place.bucket}. "
                "Please check if your S3 object exists and has proper permissions for SageMaker."
            ) from error
        container = {"ModelDataETag": info.etag, **container}
    return dict(container)


def _artefacts(container: Mapping[str, Any]) -> Iterator[s3_uris.S3Uri]:
    """Go through the objects that a container names; a prefix of uncompressed files is not one."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    if "ModelDataUrl" in container:
        yield s3_uris.parse(container["ModelDataUrl"])
    elif source.get("S3DataType") == "S3Object":
        yield s3_uris.parse(source["S3Uri"])
