"""What CreateModelPackage and UpdateModelPackage ask for: checked, and turned into what Describe answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.registry.containers import additional, with_etags
from local_sagemaker.sagemaker.registry.records import ModelPackage
from local_sagemaker.sagemaker.resources import refusals

_IDENTITY = ("ModelPackageName", "ModelPackageGroupName", "ModelApprovalStatus", "Tags", "ClientToken")
"""Members of the request that are no part of its description."""
_REPLACED = (
    *("ModelPackageRegistrationType", "ApprovalDescription", "InferenceSpecification", "SourceUri"),
    *("ModelCard", "ModelLifeCycle"),
)
"""Members that an update puts in the place of what was there."""
_MOST_SPECIFICATIONS = 15
_MOST_PROPERTIES = 50


def check_package(request: Mapping[str, Any]) -> None:
    """Check a CreateModelPackage request for what the service model does not say.

    Raises
    ------
    AwsError
        `ValidationException` if it has not exactly one of a name and a group, an approval status without a group, or
        nothing that could be deployed.
    """
    if ("ModelPackageName" in request) == ("ModelPackageGroupName" in request):
        raise refusals.invalid(
            "Exactly one of ModelPackageName (unversioned) and ModelPackageGroupName (versioned) must be given."
        )
    if "ModelApprovalStatus" in request and "ModelPackageGroupName" not in request:
        raise refusals.invalid("ModelApprovalStatus does not apply to unversioned model packages.")
    if not {"InferenceSpecification", "SourceUri"} & set(request):
        raise refusals.invalid("A model package needs an InferenceSpecification or a SourceUri.")


def described(objects: ObjectStore, request: Mapping[str, Any]) -> dict[str, Any]:
    """Write what Describe is to answer of a new package."""
    said = {name: value for name, value in request.items() if name not in _IDENTITY}
    return _with_etags(objects, said)


def updated(objects: ObjectStore, package: ModelPackage, request: Mapping[str, Any]) -> dict[str, Any]:
    """Write what Describe is to answer of a package after an update.

    Raises
    ------
    AwsError
        `ValidationException` for two inference specifications of one name, too many of them, too many properties, or an
        artefact that is not there.
    """
    added = {"AdditionalInferenceSpecifications": request.get("AdditionalInferenceSpecificationsToAdd", ())}
    checked = _with_etags(objects, {**request, **added})
    described = {**package.description, **{name: checked[name] for name in _REPLACED if name in checked}}
    described["CustomerMetadataProperties"] = _properties(package, request)
    described["AdditionalInferenceSpecifications"] = _specifications(package, checked)
    return {name: value for name, value in described.items() if value not in ({}, [])}


def _properties(package: ModelPackage, request: Mapping[str, Any]) -> dict[str, str]:
    properties = {
        **package.description.get("CustomerMetadataProperties", {}),
        **request.get("CustomerMetadataProperties", {}),
    }
    for name in request.get("CustomerMetadataPropertiesToRemove", ()):
        properties.pop(name, None)
    if len(properties) > _MOST_PROPERTIES:
        raise refusals.invalid(f"A model package has at most {_MOST_PROPERTIES} CustomerMetadataProperties.")
    return properties


def _specifications(package: ModelPackage, checked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    specifications = [*additional(package), *checked["AdditionalInferenceSpecifications"]]
    names = [each["Name"] for each in specifications]
    for name in names:
        if names.count(name) > 1:
            raise refusals.invalid(f"The model package has an inference specification {name} already.")
    if len(names) > _MOST_SPECIFICATIONS:
        raise refusals.invalid(f"A model package has at most {_MOST_SPECIFICATIONS} additional specifications.")
    return specifications


def _with_etags(objects: ObjectStore, description: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(description)
    if "InferenceSpecification" in result:
        result["InferenceSpecification"] = with_etags(objects, result["InferenceSpecification"])
    if "AdditionalInferenceSpecifications" in result:
        specifications = result["AdditionalInferenceSpecifications"]
        result["AdditionalInferenceSpecifications"] = [with_etags(objects, each) for each in specifications]
    return result
