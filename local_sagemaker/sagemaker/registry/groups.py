"""The operations on model package groups and their resource policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.registry.records import ModelPackage, ModelPackageGroup
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags

IN_GROUP = "json_extract(record, '$.group') = ?"
"""The condition on the packages' table that a package is a version of a group."""


class ModelPackageGroupOperations(ResourceOperations[ModelPackageGroup]):
    """The operations on model package groups."""

    answered: ClassVar[Answered] = Answered.KEPT

    def __init__(
        self, groups: Resources[ModelPackageGroup], packages: Resources[ModelPackage], tags: Tags, arns: Arns
    ) -> None:
        super().__init__(Kind.MODEL_PACKAGE_GROUP, groups, tags, arns)
        self._packages = packages

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateModelPackageGroup": self.create,
            "DeleteModelPackageGroup": self.delete,
            "DeleteModelPackageGroupPolicy": self.delete_policy,
            "DescribeModelPackageGroup": self.describe,
            "GetModelPackageGroupPolicy": self.get_policy,
            "ListModelPackageGroups": self.list,
            "PutModelPackageGroupPolicy": self.put_policy,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateModelPackageGroup."""
        time = now()
        group = ModelPackageGroup(name=request["ModelPackageGroupName"], request=request, created=time, modified=time)
        return {"ModelPackageGroupArn": self._add(group)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeModelPackageGroup."""
        return {**self._summary(self.named(request)), "CreatedBy": {}}

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListModelPackageGroups; no other account shares any."""
        if request.get("CrossAccountFilterOption") == "CrossAccount":
            return {"ModelPackageGroupSummaryList": []}
        return self._listed("ModelPackageGroupSummaryList", request, self._summary, "Ascending")

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteModelPackageGroup.

        Raises
        ------
        AwsError
            `ConflictException` if the group has versions.
        """
        with self._records.transaction():
            group = self.named(request)
            if self._packages.any(IN_GROUP, group.name):
                message = f"The model package group {self._arn(group.name)} has model packages; delete them first."
                raise AwsError("ConflictException", message)
            self._remove(group.name)
        return {}

    def put_policy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer PutModelPackageGroupPolicy; there is one account, so nobody asks what the policy says.

        Raises
        ------
        AwsError
            `ValidationException` if it is not JSON.
        """
        policy = request["ResourcePolicy"]
        try:
            json.loads(policy)
        except ValueError as error:
            raise refusals.invalid(f"The resource policy is not JSON: {error}") from error
        return {"ModelPackageGroupArn": self._arn(self._set_policy(request, policy))}

    def get_policy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer GetModelPackageGroupPolicy."""
        group = self.named(request)
        if group.policy is None:
            raise refusals.invalid(f"Cannot find resource policy for: {self._arn(group.name)}")
        return {"ResourcePolicy": group.policy}

    def delete_policy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteModelPackageGroupPolicy."""
        self._set_policy(request, None)
        return {}

    def named(self, request: Mapping[str, Any]) -> ModelPackageGroup:
        """Find the group that a request names, or whose ARN it has; raises `ValidationException` if it is not there."""
        return self.find(self._arns.name(self._kind, request["ModelPackageGroupName"]))

    def next_version(self, group: ModelPackageGroup) -> int:
        """Take the next version of a group, within a transaction."""
        version = group.last_version + 1
        self._records.change(group.name, lambda record: replace(record, last_version=version))
        return version

    def _set_policy(self, request: Mapping[str, Any], policy: str | None) -> str:
        with self._records.transaction():
            group = self.named(request)
            self._records.change(group.name, lambda record: replace(record, policy=policy))
        return group.name

    def _summary(self, group: ModelPackageGroup) -> dict[str, Any]:
        said = {name: group.request[name] for name in ("ModelPackageGroupDescription",) if name in group.request}
        return {
            "ModelPackageGroupName": group.name,
            "ModelPackageGroupArn": self._arn(group.name),
            **said,
            "CreationTime": group.created,
            "ModelPackageGroupStatus": "Completed",
        }
