"""The SageMaker SDK v3, imported in one place: it takes seconds, so only commands that create something come here.

The SDK's own waiting draws panels that no pipe or log can hold, so `wait` polls its resources in our plain lines.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import botocore.exceptions

from pipeline.aws.statuses import UNDER_WAY
from pipeline.console import say
from pipeline.errors import JobFailed

for _name in ("sagemaker", "sagemaker.config", "sagemaker.core"):
    logging.getLogger(_name).setLevel(logging.WARNING)

from sagemaker.core import image_uris  # noqa: E402  (the loggers have to be quietened first)
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob, TransformJob  # noqa: E402
from sagemaker.core.shapes import (  # noqa: E402
    AlgorithmSpecification,
    Channel,
    CheckpointConfig,
    ContainerDefinition,
    DataSource,
    InferenceExecutionConfig,
    MetricDefinition,
    OutputDataConfig,
    ProductionVariant,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
)

__all__ = [
    "AlgorithmSpecification",
    "Channel",
    "CheckpointConfig",
    "ContainerDefinition",
    "DataSource",
    "Endpoint",
    "EndpointConfig",
    "InferenceExecutionConfig",
    "MetricDefinition",
    "Model",
    "OutputDataConfig",
    "ProductionVariant",
    "ResourceConfig",
    "S3DataSource",
    "StoppingCondition",
    "TrainingJob",
    "TransformDataSource",
    "TransformInput",
    "TransformJob",
    "TransformOutput",
    "TransformResources",
    "TransformS3DataSource",
    "find",
    "image_uris",
    "wait",
]


def wait(
    resource: Any,
    label: str,
    status: Callable[[Any], str],
    done: set[str],
    poll_seconds: float,
    on_poll: Callable[[], None] = lambda: None,
) -> None:
    """Poll a job or endpoint until it is done, printing each change of its status. Ctrl-C stops a job, which would
    cost money.

    Parameters
    ----------
    resource : object
        TrainingJob, TransformJob or Endpoint.
    label : str
        What to call it in the lines printed.
    status : callable
        Reads the status off the refreshed resource.
    done : set of str
        The statuses that mean success; every other that none of its own follows ends the wait, too.
    poll_seconds : float
        Seconds between two looks at the resource.
    on_poll : callable, optional
        Called after each look, to show how far on it is.

    Raises
    ------
    JobFailed
        With the resource's `FailureReason`.
    """
    try:
        _poll(resource, label, status, done, poll_seconds, on_poll)
    except KeyboardInterrupt:
        if hasattr(resource, "stop"):
            resource.stop()
            say(f"{label}: asked to stop")
        raise


def _poll(
    resource: Any,
    label: str,
    status: Callable[[Any], str],
    done: set[str],
    poll_seconds: float,
    on_poll: Callable[[], None],
) -> None:
    began, last = time.monotonic(), ""
    while True:
        resource.refresh()
        now = status(resource)
        if now != last:
            say(f"{label}: {now} ({time.monotonic() - began:.0f} s)")
            last = now
        if now in done:
            return
        if now not in UNDER_WAY:
            raise JobFailed(f"{label}: {now}. {_reason(resource)}")
        on_poll()
        time.sleep(poll_seconds)


def _reason(resource: Any) -> str:
    reason = getattr(resource, "failure_reason", None)
    return reason if isinstance(reason, str) else "No reason was given; `make logs` shows the container's output."


def find(get: Callable[[], Any]) -> Any | None:
    """Get a resource, or None where there is no such."""
    try:
        return get()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound", "ResourceNotFoundException"):
            return None
        raise
