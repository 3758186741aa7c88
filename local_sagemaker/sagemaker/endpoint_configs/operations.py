"""CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs and DeleteEndpointConfig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.endpoint_configs.records import EndpointConfig
from local_sagemaker.sagemaker.endpoint_configs.requests import check_config
from local_sagemaker.sagemaker.models.operations import ModelOperations
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags


class EndpointConfigOperations(ResourceOperations[EndpointConfig]):
    """CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs and DeleteEndpointConfig."""

    def __init__(self, configs: Resources[EndpointConfig], models: ModelOperations, tags: Tags, arns: Arns) -> None:
        super().__init__(Kind.ENDPOINT_CONFIG, configs, tags, arns)
        self._models = models

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateEndpointConfig": self.create,
            "DeleteEndpointConfig": self.delete,
            "DescribeEndpointConfig": self.describe,
            "ListEndpointConfigs": self.list,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateEndpointConfig.

        Raises
        ------
        AwsError
            `ValidationException` if the name is taken, a model is not there, two variants have one name, or the
            request asks for what AWS excludes or is not executed here.
        """
        name, time = request["EndpointConfigName"], now()
        check_config(request, self._models.find)
        config = EndpointConfig(name=name, request=request, created=time, modified=time)
        return {"EndpointConfigArn": self._add(config)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeEndpointConfig."""
        config = self.find(request["EndpointConfigName"])
        return {
            "EnableNetworkIsolation": False,
            **{member: value for member, value in config.request.items() if member != "Tags"},
            "ProductionVariants": [
                {"InitialVariantWeight": 1.0, **variant} for variant in config.request["ProductionVariants"]
            ],
            "EndpointConfigArn": self._arn(config.name),
            "CreationTime": config.created,
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListEndpointConfigs."""
        return self._listed(
            "EndpointConfigs",
            request,
            lambda config: {"EndpointConfigName": config.name, "EndpointConfigArn": self._arn(config.name)},
        )

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteEndpointConfig; endpoints made from it keep serving."""
        self._remove(request["EndpointConfigName"])
        return {}
