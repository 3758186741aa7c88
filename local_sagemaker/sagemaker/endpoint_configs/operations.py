"""CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs and DeleteEndpointConfig."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.sagemaker.endpoint_configs.records import EndpointConfig
from local_sagemaker.sagemaker.models.operations import ModelOperations
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.listing import query
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags


class EndpointConfigOperations:
    """CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs and DeleteEndpointConfig."""

    def __init__(self, configs: Resources[EndpointConfig], models: ModelOperations, tags: Tags, arns: Arns) -> None:
        self._configs = configs
        self._models = models
        self._tags = tags
        self._arns = arns

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateEndpointConfig.

        Raises
        ------
        AwsError
            `ValidationException` if the name is taken, a model is not there, two variants have one name, or the
            request asks for what is not executed here.
        """
        name, time = request["EndpointConfigName"], now()
        self._check_variants(request["ProductionVariants"])
        arn = self._arns.of(Kind.ENDPOINT_CONFIG, name)
        with self._configs.transaction():
            if not self._configs.add(EndpointConfig(name=name, request=request, created=time, modified=time)):
                raise refusals.already_exists(Kind.ENDPOINT_CONFIG, arn)
            self._tags.set(arn, request.get("Tags", ()))
        return {"EndpointConfigArn": arn}

    def _check_variants(self, variants: Sequence[Mapping[str, Any]]) -> None:
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) < len(names):
            raise refusals.invalid("Production variants must have names of their own.")
        for variant in variants:
            if "ModelName" not in variant:
                raise refusals.unsupported(
                    "a production variant without ModelName", "inference components are not run."
                )
            self._models.find(variant["ModelName"])

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeEndpointConfig."""
        config = self.find(request["EndpointConfigName"])
        return {
            "EnableNetworkIsolation": False,
            **{member: value for member, value in config.request.items() if member != "Tags"},
            "ProductionVariants": [
                {"InitialVariantWeight": 1.0, **variant} for variant in config.request["ProductionVariants"]
            ],
            "EndpointConfigArn": self._arns.of(Kind.ENDPOINT_CONFIG, config.name),
            "CreationTime": config.created,
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListEndpointConfigs."""
        configs, token = self._configs.page(query(Kind.ENDPOINT_CONFIG, request))
        summaries = [
            {
                "EndpointConfigName": config.name,
                "EndpointConfigArn": self._arns.of(Kind.ENDPOINT_CONFIG, config.name),
                "CreationTime": config.created,
            }
            for config in configs
        ]
        return {"EndpointConfigs": summaries, **({"NextToken": token} if token else {})}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteEndpointConfig; endpoints made from it keep serving."""
        arn = self._arns.of(Kind.ENDPOINT_CONFIG, request["EndpointConfigName"])
        with self._configs.transaction():
            if not self._configs.remove(request["EndpointConfigName"]):
                raise refusals.not_found(Kind.ENDPOINT_CONFIG, arn)
            self._tags.forget(arn)
        return {}

    def find(self, name: str) -> EndpointConfig:
        """Read a configuration; raises `ValidationException` if it is not there."""
        config = self._configs.get(name)
        if config is None:
            raise refusals.not_found(Kind.ENDPOINT_CONFIG, self._arns.of(Kind.ENDPOINT_CONFIG, name))
        return config
