"""The operations on model packages: versions of a group, or packages with names of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.registry import containers, requests
from local_sagemaker.sagemaker.registry.groups import IN_GROUP, ModelPackageGroupOperations
from local_sagemaker.sagemaker.registry.records import Approval, ModelPackage
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags

_VERSIONED = "(json_extract(record, '$.version') IS NOT NULL) = ?"
_APPROVAL = "json_extract(record, '$.approval') = ?"
_MADE_BY = "json_extract(record, '$.token') = ?"
_SUMMARY = ("ModelPackageDescription", "ModelLifeCycle", "ModelPackageRegistrationType")
_BATCH = ("ModelPackageDescription", "InferenceSpecification", "ModelPackageRegistrationType")


class ModelPackageOperations(ResourceOperations[ModelPackage]):
    """The operations on model packages."""

    answered: ClassVar[Answered] = Answered.KEPT

    def __init__(
        self,
        packages: Resources[ModelPackage],
        groups: ModelPackageGroupOperations,
        objects: ObjectStore,
        tags: Tags,
        arns: Arns,
    ) -> None:
        super().__init__(Kind.MODEL_PACKAGE, packages, tags, arns)
        self._groups = groups
        self._objects = objects

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "BatchDescribeModelPackage": self.batch_describe,
            "CreateModelPackage": self.create,
            "DeleteModelPackage": self.delete,
            "DescribeModelPackage": self.describe,
            "ListModelPackages": self.list,
            "UpdateModelPackage": self.update,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateModelPackage; the same ClientToken makes one package.

        Raises
        ------
        AwsError
            `ValidationException` if the group or an artefact is not there, the name is taken, or the request asks for
            what is not done here.
        """
        requests.check_package(request)
        description = requests.described(self._objects, request)
        with self._records.transaction():
            token = request.get("ClientToken")
            earlier = self._records.where(_MADE_BY, token) if token else []
            return {"ModelPackageArn": self._arn(earlier[0].name) if earlier else self._create(request, description)}

    def _create(self, request: Mapping[str, Any], description: Mapping[str, Any]) -> str:
        time, token = now(), request.get("ClientToken")
        if "ModelPackageGroupName" not in request:
            name = request["ModelPackageName"]
            alone = ModelPackage(
                name=name, request=request, created=time, modified=time, description=description, token=token
            )
            return self._add(alone)
        group = self._groups.named(request)
        version = self._groups.next_version(group)
        package = ModelPackage(
            name=f"{group.name}/{version}",
            request=request,
            created=time,
            modified=time,
            description=description,
            group=group.name,
            version=version,
            approval=Approval(request.get("ModelApprovalStatus", Approval.PENDING)),
            token=token,
        )
        return self._add(package)

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeModelPackage."""
        package = self.find(self._arns.name(self._kind, request["ModelPackageName"]))
        updated = package.modified != package.created
        return {
            "CertifyForMarketplace": False,
            **package.description,
            **self._identity(package),
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreatedBy": {},
            **({"LastModifiedTime": package.modified, "LastModifiedBy": {}} if updated else {}),
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListModelPackages: the versions of a group, or, where none is named, packages that have none.

        Without `SortOrder` the newest come first: AWS's documentation says `Ascending`, and its own deployment
        templates take the first as the latest.
        """
        conditions: list[tuple[str, Any]] = []
        if "ModelPackageGroupName" in request:
            conditions.append((IN_GROUP, self._groups.named(request).name))
        elif (kind := request.get("ModelPackageType", "Unversioned")) != "Both":
            conditions.append((_VERSIONED, kind == "Versioned"))
        if "ModelApprovalStatus" in request:
            conditions.append((_APPROVAL, request["ModelApprovalStatus"]))
        return self._listed("ModelPackageSummaryList", request, self._summary, conditions=conditions)

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UpdateModelPackage.

        Raises
        ------
        AwsError
            `ValidationException` if the package is not there or cannot take the change.
        """
        arn = request["ModelPackageArn"]
        with self._records.transaction():
            package = self.find(self._arns.name(self._kind, arn))
            approval = request.get("ModelApprovalStatus")
            if approval is not None and package.version is None:
                raise refusals.invalid(f"The model package {arn} is not versioned, and has no approval status.")
            changed = replace(
                package,
                description=requests.updated(self._objects, package, request),
                approval=package.approval if approval is None else Approval(approval),
            )
            self._records.change(package.name, lambda _: changed)
        return {"ModelPackageArn": arn}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteModelPackage; models that were made from it stay."""
        self._remove(self._arns.name(self._kind, request["ModelPackageName"]))
        return {}

    def batch_describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer BatchDescribeModelPackage: each package is described or has an error of its own."""
        summaries, errors = {}, {}
        for arn in request["ModelPackageArnList"]:
            try:
                package = self.find(self._arns.name(self._kind, arn))
            except AwsError as error:
                errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
            else:
                summaries[arn] = {**self._identity(package), **_said(package, _BATCH)}
        return {"ModelPackageSummaries": summaries, "BatchDescribeModelPackageErrorMap": errors}

    def definitions(self, member: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Write what a container of a CreateModel request stands for that names a package.

        Raises
        ------
        AwsError
            `ValidationException` if there is no such package, or it cannot be deployed.
        """
        package = self.find(self._arns.name(self._kind, member["ModelPackageName"]))
        return containers.definitions(package, self._arn(package.name), member)

    def _identity(self, package: ModelPackage) -> dict[str, Any]:
        if package.version is None:
            named: dict[str, Any] = {"ModelPackageName": package.name}
        else:
            named = {
                "ModelPackageGroupName": package.group,
                "ModelPackageVersion": package.version,
                "ModelApprovalStatus": package.approval,
            }
        arn = self._arn(package.name)
        return {**named, "ModelPackageArn": arn, "CreationTime": package.created, "ModelPackageStatus": "Completed"}

    def _summary(self, package: ModelPackage) -> dict[str, Any]:
        return {**self._identity(package), **_said(package, _SUMMARY)}


def _said(package: ModelPackage, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: package.description[name] for name in names if name in package.description}
