"""How a transform job runs: what its request says, then what the container says, then SageMaker's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.resources.limits import (
    TRANSFORM_DEFAULT_PAYLOAD_MB,
    TRANSFORM_DEFAULT_RETRIES,
    TRANSFORM_DEFAULT_SECONDS,
    TRANSFORM_PAYLOAD_MB,
)
from local_sagemaker.sagemaker.transform.data.assembling import AssembleWith
from local_sagemaker.sagemaker.transform.data.data_processing import DataProcessing, from_request
from local_sagemaker.sagemaker.transform.data.splitting import BatchStrategy, SplitType

_STRATEGIES = {"SINGLE_RECORD": BatchStrategy.SINGLE_RECORD, "MULTI_RECORD": BatchStrategy.MULTI_RECORD}
"""The strategies as `/execution-parameters` and the logs write them."""


@dataclass(frozen=True, slots=True)
class TransformSettings:
    """All that decides how objects are cut, sent and put together."""

    split: SplitType
    strategy: BatchStrategy
    payload_mb: int
    concurrent: int
    content_type: str | None
    accept: str | None
    assemble_with: AssembleWith
    unpack: bool
    processing: DataProcessing
    timeout: float
    retries: int

    @property
    def payload_bytes(self) -> int:
        """The largest request."""
        return self.payload_mb << 20

    def __str__(self) -> str:
        strategy = next(name for name, strategy in _STRATEGIES.items() if strategy is self.strategy)
        concurrent, payload = self.concurrent, self.payload_mb
        return f"MaxConcurrentTransforms={concurrent}, MaxPayloadInMB={payload}, BatchStrategy={strategy}"


def settings(request: Mapping[str, Any], execution_parameters: Mapping[str, Any]) -> TransformSettings:
    """Decide how a job runs.

    Parameters
    ----------
    request : mapping
        The checked CreateTransformJob request.
    execution_parameters : mapping
        What the first container answers to `GET /execution-parameters`, empty if it has none.
    """
    source, output = request["TransformInput"], request["TransformOutput"]
    client = request.get("ModelClientConfig", {})
    payload = min(
        TRANSFORM_PAYLOAD_MB, _number("MaxPayloadInMB", request, execution_parameters) or TRANSFORM_DEFAULT_PAYLOAD_MB
    )
    concurrent = _number("MaxConcurrentTransforms", request, execution_parameters) or 1
    preferred = _STRATEGIES.get(str(execution_parameters.get("BatchStrategy")), BatchStrategy.MULTI_RECORD)
    return TransformSettings(
        split=SplitType(source.get("SplitType", SplitType.NONE)),
        strategy=BatchStrategy(request.get("BatchStrategy", preferred)),
        payload_mb=payload,
        concurrent=min(concurrent, TRANSFORM_PAYLOAD_MB // payload),
        content_type=source.get("ContentType"),
        accept=output.get("Accept"),
        assemble_with=AssembleWith(output.get("AssembleWith", AssembleWith.NONE)),
        unpack=source.get("CompressionType") == "Gzip",
        processing=from_request(request.get("DataProcessing", {}), source.get("ContentType")),
        timeout=float(client.get("InvocationsTimeoutInSeconds", TRANSFORM_DEFAULT_SECONDS)),
        retries=client.get("InvocationsMaxRetries", TRANSFORM_DEFAULT_RETRIES),
    )


def _number(name: str, request: Mapping[str, Any], execution_parameters: Mapping[str, Any]) -> int:
    value = request.get(name) or execution_parameters.get(name)
    return value if isinstance(value, int) and value > 0 else 0
