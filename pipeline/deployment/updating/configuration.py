"""An endpoint configuration: what of the endpoint a release decides, under a name that follows from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.aws.finding import find
from pipeline.aws.ownership import hold_to_owner
from pipeline.aws.session import Session
from pipeline.jobs.encryption import volume_key_for

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateEndpointConfigInputTypeDef,
        DataCaptureConfigUnionTypeDef,
        ProductionVariantTypeDef,
    )

VARIANT = "AllTraffic"


@dataclass(frozen=True, slots=True)
class Hosting:
    """What the model runs on, and what is kept of its requests."""

    instance_type: str
    instance_count: int = 1
    capture_percent: int | None = None
    """The share of requests that is kept in S3, with their answers."""
    kms_key: str | None = None


def ensure_config(session: Session, model: str, hosting: Hosting) -> str:
    """Create the configuration unless it is there already; returns its name, the same for the same content.

    Raises
    ------
    BadInput
        If a configuration of that name is not ours.
    """
    request = config_request(session, model, hosting)
    name = request["EndpointConfigName"]
    found = find(lambda: session.sagemaker.describe_endpoint_config(EndpointConfigName=name))
    if found is None:
        session.sagemaker.create_endpoint_config(**request)
    else:
        hold_to_owner(session, "endpoint configuration", name, found["EndpointConfigArn"])
    return name


def config_request(session: Session, model: str, hosting: Hosting) -> CreateEndpointConfigInputTypeDef:
    """Return the request of CreateEndpointConfig."""
    variant: ProductionVariantTypeDef = {
        "VariantName": VARIANT,
        "ModelName": model,
        "InstanceType": hosting.instance_type,  # type: ignore[typeddict-item]
        "InitialInstanceCount": hosting.instance_count,
        "InitialVariantWeight": 1.0,
    }
    request: CreateEndpointConfigInputTypeDef = {"EndpointConfigName": "", "ProductionVariants": [variant]}
    if hosting.capture_percent is not None:
        request["DataCaptureConfig"] = _capture(session, hosting.capture_percent, hosting.kms_key)
    if key := volume_key_for(hosting.instance_type, hosting.kms_key):
        request["KmsKeyId"] = key
    content = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:8]
    return {**request, "EndpointConfigName": f"{model[:54]}-{content}", "Tags": session.owner_tags}


def _capture(session: Session, percent: int, kms_key: str | None) -> DataCaptureConfigUnionTypeDef:
    config: DataCaptureConfigUnionTypeDef = {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": str(session.home / "capture"),
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }
    if kms_key:
        config["KmsKeyId"] = kms_key
    return config
