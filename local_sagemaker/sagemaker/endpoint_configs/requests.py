"""Checks a CreateEndpointConfig request for what the service model does not say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from local_sagemaker.sagemaker.models.records import Model
from local_sagemaker.sagemaker.resources import refusals, s3_uris

_MEMORY_STEP = 1024
_INSTANCES = ("InstanceType", "InitialInstanceCount", "VolumeSizeInGB")


def check_config(request: Mapping[str, Any], find_model: Callable[[str], Model]) -> None:
    """Check a request.

    Parameters
    ----------
    request : mapping of str to Any
        The request.
    find_model : callable
        Finds a model by its name, or raises.

    Raises
    ------
    AwsError
        `ValidationException` if two variants have one name, a model is not there, a serverless variant is asked for
        together with what AWS does not do for one, or a place in S3 is missing.
    """
    variants = request["ProductionVariants"]
    _check_names([variant["VariantName"] for variant in variants])
    for variant in variants:
        if "ModelName" not in variant:
            raise refusals.unsupported("a production variant without ModelName", "give one: components are not run.")
        model = find_model(variant["ModelName"])
        if model.containers[0].multi_model and "AsyncInferenceConfig" in request:
            raise refusals.unsupported("AsyncInferenceConfig with a multi-model container", "call InvokeEndpoint.")
        if "ServerlessConfig" in variant:
            _check_serverless(request, variant, model)
    _check_places(request)


def _check_names(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise refusals.invalid("Production variants must have names of their own.")


def _check_serverless(request: Mapping[str, Any], variant: Mapping[str, Any], model: Model) -> None:
    for excluded in _excluded(request, variant, model):
        raise refusals.invalid(
            f"The variant {variant['VariantName']} is serverless, which AWS excludes for {excluded}."
        )
    config = variant["ServerlessConfig"]
    if config["MemorySizeInMB"] % _MEMORY_STEP:
        raise refusals.invalid(
            f"MemorySizeInMB is {config['MemorySizeInMB']}; it must be a multiple of {_MEMORY_STEP}."
        )
    if config.get("ProvisionedConcurrency", 0) > config["MaxConcurrency"]:
        raise refusals.invalid("ProvisionedConcurrency cannot be greater than MaxConcurrency.")


def _excluded(request: Mapping[str, Any], variant: Mapping[str, Any], model: Model) -> Iterator[str]:
    """Go through what a serverless variant is asked for with, and AWS lists under its feature exclusions."""
    if len(request["ProductionVariants"]) > 1:
        yield "endpoints of several production variants"
    if len(model.containers) > 1:
        yield f"inference pipelines, and the model {model.name} has {len(model.containers)} containers"
    if model.containers[0].multi_model:
        yield f"multi-model endpoints, and the model {model.name} has Mode=MultiModel"
    if model.request.get("EnableNetworkIsolation"):
        yield f"network isolation, and the model {model.name} has EnableNetworkIsolation"
    if "VpcConfig" in model.request or "VpcConfig" in request:
        yield "a VpcConfig"
    if "DataCaptureConfig" in request:
        yield "data capture (DataCaptureConfig)"
    if "AsyncInferenceConfig" in request:
        yield "asynchronous inference (AsyncInferenceConfig)"
    yield from (f"instances ({name})" for name in _INSTANCES if name in variant)


def _check_places(request: Mapping[str, Any]) -> None:
    """See that what is written to S3 has an `s3://` URI to go to."""
    if "DataCaptureConfig" in request:
        s3_uris.parse(request["DataCaptureConfig"]["DestinationS3Uri"])
    if "AsyncInferenceConfig" in request:
        output = request["AsyncInferenceConfig"]["OutputConfig"]
        if "S3OutputPath" not in output:
            raise refusals.invalid("AsyncInferenceConfig needs an OutputConfig.S3OutputPath.")
        for name in ("S3OutputPath", "S3FailurePath"):
            if name in output:
                s3_uris.parse(output[name])
