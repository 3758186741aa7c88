"""InvokeEndpointWithResponseStream: the same request as InvokeEndpoint's, and its answer as a stream of parts.

A container's answer is passed on when it is complete, so the parts come one right after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from local_sagemaker.http.event_stream import CONTENT_TYPE, event
from local_sagemaker.sagemaker.endpoints import invocation
from local_sagemaker.sagemaker.endpoints.invocation import Invocation, InvocationResult

_OPERATION = "InvokeEndpointWithResponseStream"
_ACCEPT, _MODELS_TYPE = "x-amzn-sagemaker-accept", "X-Amzn-SageMaker-Content-Type"
_PART_BYTES = 1 << 17


def read(endpoint: str, body: bytes, headers: Mapping[str, str]) -> Invocation:
    """Read a call; raises as `invocation.read` does."""
    return replace(invocation.read(endpoint, body, headers, _OPERATION), accept=invocation.passed_on(headers, _ACCEPT))


def answered(result: InvocationResult) -> InvocationResult:
    """Write a container's whole answer as events; its own content type has a header of its own."""
    told = dict(result.headers)
    models_type = told.pop("Content-Type", None)
    if models_type is not None:
        told[_MODELS_TYPE] = models_type
    parts = (result.body[start : start + _PART_BYTES] for start in range(0, len(result.body), _PART_BYTES))
    body = b"".join(event("PayloadPart", part) for part in parts)
    return replace(result, headers={**told, "Content-Type": CONTENT_TYPE}, body=body)
