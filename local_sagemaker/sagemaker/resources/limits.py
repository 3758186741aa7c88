"""Limits that stand in SageMaker's documentation only, not in the service model that requests are validated against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.sagemaker.resources import refusals

INVOCATION_BYTES = 6_291_456
"""The largest body of InvokeEndpoint (its API reference: 6 MB)."""
INVOCATION_SECONDS = 60.0
"""How long a container may take to answer InvokeEndpoint ("How Containers Serve Requests")."""

SERVERLESS_BYTES = 4_194_304
"""The largest body, and the largest answer, of a serverless endpoint ("Serverless Inference": 4 MB)."""

ASYNC_BYTES = 1 << 30
"""The largest input of InvokeEndpointAsync ("Asynchronous inference": 1 GB)."""
ASYNC_INLINE_BYTES = 128_000
"""The largest `Body` of InvokeEndpointAsync (its API reference)."""
ASYNC_DEFAULT_SECONDS = 900
"""InvocationTimeoutSeconds where none is given."""
ASYNC_MOST_SECONDS = 3600
"""The largest InvocationTimeoutSeconds."""
ASYNC_DEFAULT_AGE_SECONDS = 21_600
"""RequestTTLSeconds where none is given, and the largest."""

TRAINING_DEFAULT_SECONDS = 86_400
"""StoppingCondition.MaxRuntimeInSeconds where none is given."""

PROCESSING_DEFAULT_SECONDS = 86_400
"""StoppingCondition.MaxRuntimeInSeconds of a processing job where none is given."""

TRANSFORM_PAYLOAD_MB = 100
"""The largest MaxPayloadInMB, alone and times MaxConcurrentTransforms (CreateTransformJob's API reference)."""
TRANSFORM_DEFAULT_PAYLOAD_MB = 6
"""MaxPayloadInMB where neither the request nor the container gives one."""
TRANSFORM_DEFAULT_SECONDS = 600.0
"""ModelClientConfig.InvocationsTimeoutInSeconds where none is given."""
TRANSFORM_DEFAULT_RETRIES = 3
"""ModelClientConfig.InvocationsMaxRetries where none is given."""

REASON_CHARACTERS = 1024
"""The longest FailureReason (`FailureReason`'s max)."""


def check_transform_limits(request: Mapping[str, Any]) -> None:
    """Check a CreateTransformJob request.

    Raises
    ------
    AwsError
        `ValidationException` for a payload over 100 MB, alone or times the concurrency.
    """
    if request.get("MaxPayloadInMB") == 0:
        raise refusals.unsupported("MaxPayloadInMB=0", "give the size of a request in MB; chunked bodies are not sent.")
    payload, concurrent = request.get("MaxPayloadInMB"), request.get("MaxConcurrentTransforms") or 1
    if payload is not None and payload > TRANSFORM_PAYLOAD_MB:
        raise refusals.invalid(f"MaxPayloadInMB is {payload}; it cannot be greater than {TRANSFORM_PAYLOAD_MB}.")
    if payload is not None and payload * concurrent > TRANSFORM_PAYLOAD_MB:
        raise refusals.invalid(
            f"MaxConcurrentTransforms * MaxPayloadInMB is {concurrent} * {payload} = {concurrent * payload} MB; "
            f"it cannot exceed {TRANSFORM_PAYLOAD_MB} MB."
        )
