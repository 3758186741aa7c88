"""CreateModel, DescribeModel, ListModels and DeleteModel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.containers.images.catalogue import UnsupportedImage, find
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.models.model_data import check_model_data
from local_sagemaker.sagemaker.models.records import ContainerDefinition, Model
from local_sagemaker.sagemaker.models.requests import container_definitions
from local_sagemaker.sagemaker.registry.packages import ModelPackageOperations
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags


class ModelOperations(ResourceOperations[Model]):
    """CreateModel, DescribeModel, ListModels and DeleteModel."""

    def __init__(
        self, models: Resources[Model], packages: ModelPackageOperations, objects: ObjectStore, tags: Tags, arns: Arns
    ) -> None:
        super().__init__(Kind.MODEL, models, tags, arns)
        self._packages = packages
        self._objects = objects

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateModel": self.create,
            "DeleteModel": self.delete,
            "DescribeModel": self.describe,
            "ListModels": self.list,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateModel.

        Raises
        ------
        AwsError
            `ValidationException` if the name is taken, a model artefact is not in S3, an image is not in the catalogue,
            a model package is not there or not approved, or the request asks for what is not executed here.
        """
        name, time = request["ModelName"], now()
        containers = container_definitions(request, self._packages.definitions)
        for container in containers:
            self._check(container)
            if request.get("EnableNetworkIsolation"):
                refusals.refuse_code_from_s3(container.environment.get("SAGEMAKER_SUBMIT_DIRECTORY"))
        model = Model(name=name, request=request, created=time, modified=time, containers=containers)
        return {"ModelArn": self._add(model)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeModel."""
        model = self.find(request["ModelName"])
        return {
            "EnableNetworkIsolation": False,
            **{member: _described(value) for member, value in model.request.items() if member != "Tags"},
            "ModelArn": self._arn(model.name),
            "CreationTime": model.created,
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListModels."""
        return self._listed(
            "Models", request, lambda model: {"ModelName": model.name, "ModelArn": self._arn(model.name)}
        )

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteModel; endpoints that serve the model keep serving it."""
        self._remove(request["ModelName"])
        return {}

    def _check(self, container: ContainerDefinition) -> None:
        try:
            find(container.image)
        except UnsupportedImage as error:
            raise refusals.invalid(str(error)) from error
        check_model_data(self._objects, container)


def _described(value: Any) -> Any:
    """Answer with AWS's defaults where a container's definition says nothing; other members are as they came."""
    if isinstance(value, list):
        return [_described(container) for container in value]
    if isinstance(value, dict) and "Image" in value:
        return {"Mode": "SingleModel", "Environment": {}, **value}
    return value
