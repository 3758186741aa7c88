"""InvokeEndpoint's request and answer: headers in, headers out, and a container's failure as a ModelError.

This is the hot path: nothing here reads the durable store or validates against a service model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.members import LEAVE_IT_OUT
from local_sagemaker.sagemaker.endpoints.deployment import Deployment, VariantPipeline
from local_sagemaker.sagemaker.endpoints.metrics import Call
from local_sagemaker.sagemaker.endpoints.on_demand.multi_model import MultiModelPipeline
from local_sagemaker.sagemaker.resources.arns import ACCOUNT, Arns
from local_sagemaker.sagemaker.resources.limits import INVOCATION_BYTES, INVOCATION_SECONDS
from local_sagemaker.sagemaker.resources.request_members import RUNTIME
from local_sagemaker.sagemaker.running.inference_pipeline import InvocationFailed, PipelineResponse
from local_sagemaker.sagemaker.running.log_streams import endpoint_group

Note = Callable[[Call], None]
"""Takes how a request went."""

_OWN = "x-amzn-sagemaker-"
_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_LONGEST_ATTRIBUTES = 1024
_MODEL_ERROR_STATUS = 424
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container {}. Review the latency metrics for each "
    "container in Amazon CloudWatch, resolve the issue, and try again."
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of InvokeEndpoint."""

    endpoint: str
    body: bytes
    content_type: str | None
    accept: str | None
    target_variant: str | None = None
    target_model: str | None = None
    custom_attributes: str | None = None
    inference_id: str | None = None
    received: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """An HTTP answer to InvokeEndpoint."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    variant: str = ""
    """The production variant that answered."""


def read(endpoint: str, body: bytes, headers: Mapping[str, str]) -> Invocation:
    """Read a call.

    Parameters
    ----------
    endpoint : str
        The endpoint's name.
    body : bytes
        The request's body.
    headers : mapping of str to str
        The request's headers; names in lower case.

    Raises
    ------
    AwsError
        `ValidationError` for a body over 6,291,456 bytes or a header that asks for what is not executed here.
    """
    received = time.perf_counter()
    if len(body) > INVOCATION_BYTES:
        raise invalid(
            f"The body is longer than {INVOCATION_BYTES} bytes, the most that InvokeEndpoint takes. "
            "Use a batch transform for more."
        )
    check_headers("InvokeEndpoint", headers)
    return Invocation(
        endpoint=endpoint,
        body=body,
        content_type=passed_on(headers, "content-type"),
        accept=passed_on(headers, "accept"),
        target_variant=headers.get("x-amzn-sagemaker-target-variant"),
        target_model=headers.get("x-amzn-sagemaker-target-model"),
        custom_attributes=custom_attributes(headers),
        inference_id=headers.get("x-amzn-sagemaker-inference-id"),
        received=received,
    )


def check_headers(operation: str, headers: Mapping[str, str]) -> None:
    """See that every header of SageMaker's own is one that an operation of the runtime hears.

    Raises
    ------
    AwsError
        `ValidationError`, naming the header and saying what to do instead.
    """
    for header in headers:
        if header.startswith(_OWN) and header not in _taken(operation):
            instead = {name.lower(): advice for name, advice in RUNTIME[operation].instead.items()}
            advice = instead.get(header, LEAVE_IT_OUT)
            raise invalid(f"The local SageMaker does not support {header} in {operation}: {advice}")


@cache
def _taken(operation: str) -> frozenset[str]:
    return frozenset(header.lower() for header in RUNTIME[operation].listed)


def passed_on(headers: Mapping[str, str], header: str) -> str | None:
    """Read a header that a container is to get.

    Raises
    ------
    AwsError
        `ValidationError` if it is no header value.
    """
    value = headers.get(header, "")
    if not (value.isascii() and value.isprintable()):
        raise invalid(f"{value!r} cannot be passed on to a container as {header.title()}: it is no header value.")
    return headers.get(header)


def custom_attributes(headers: Mapping[str, str]) -> str | None:
    """Read the caller's custom attributes.

    Raises
    ------
    AwsError
        `ValidationError` if they are no header value or longer than 1,024 characters.
    """
    value = passed_on(headers, _ATTRIBUTES.lower())
    if value is not None and len(value) > _LONGEST_ATTRIBUTES:
        raise invalid(f"CustomAttributes has {len(value)} characters; it can have at most {_LONGEST_ATTRIBUTES}.")
    return value


def not_found(endpoint: str) -> AwsError:
    """Answer a call of an endpoint that is not in service, as AWS does."""
    return invalid(f"Endpoint {endpoint} of account {ACCOUNT} not found.")


def ask(
    deployment: Deployment, invocation: Invocation, arns: Arns, note: Note, seconds: float = INVOCATION_SECONDS
) -> InvocationResult:
    """Send a call through a variant's pipeline, each container of which may take so many seconds, and note how it went.

    Raises
    ------
    AwsError
        `ModelError` if a container answers other than 2xx or not at all, `ValidationError` if the call's variant is not
        there.
    """
    variant = deployment.choose(invocation.target_variant)
    if variant is None:
        raise invalid(f"Variant {invocation.target_variant} is not in endpoint {invocation.endpoint}.")
    pipeline = deployment.pipelines[variant]
    try:
        answer = _sender(pipeline, invocation)(
            invocation.body, invocation.content_type, invocation.accept, seconds, invocation.custom_attributes
        )
    except InvocationFailed as failure:
        note(_call(deployment, invocation, variant, 0, ()))
        message = _TIMED_OUT.format(failure.hostname) if failure.timed_out else failure.reason
        raise _model_error(invocation.endpoint, arns, failure.hostname, 0, message) from failure
    note(_call(deployment, invocation, variant, answer.response.status, answer.took))
    if not answer.good:
        message = answer.response.body.decode(errors="replace")
        raise _model_error(invocation.endpoint, arns, answer.hostname, answer.response.status, message)
    headers = {
        "x-Amzn-Invoked-Production-Variant": variant,
        "Content-Type": answer.response.content_type,
        _ATTRIBUTES: answer.response.custom_attributes,
    }
    told = {name: value for name, value in headers.items() if value is not None}
    return InvocationResult(200, told, answer.response.body, variant)


def _sender(pipeline: VariantPipeline, invocation: Invocation) -> Callable[..., PipelineResponse]:
    """Find what sends a call: to the variant's only model, or to the one that the call names."""
    if isinstance(pipeline, MultiModelPipeline):
        if invocation.target_model is None:
            raise invalid(f"Endpoint {invocation.endpoint} serves several models: name one of them as TargetModel.")
        return partial(pipeline.invoke, invocation.target_model)
    if invocation.target_model is not None:
        raise invalid(f"Endpoint {invocation.endpoint} serves one model: leave TargetModel out.")
    return pipeline.invoke


def _call(
    deployment: Deployment, invocation: Invocation, variant: str, status: int, took: Sequence[tuple[str, float]]
) -> Call:
    plan = deployment.plan
    seconds = time.perf_counter() - invocation.received
    instances = deployment.instance_counts[variant]
    in_series = len(deployment.pipelines[variant].containers) > 1
    now = time.time()
    return Call(invocation.endpoint, plan.config_name, variant, instances, now, status, seconds, took, in_series)


def _model_error(endpoint: str, arns: Arns, hostname: str, status: int, message: str) -> AwsError:
    group = endpoint_group(endpoint)
    logs = f"https://{arns.region}.console.aws.amazon.com/cloudwatch/home?region={arns.region}#logEventViewer:group={group}"
    return AwsError(
        "ModelError",
        f"Received {'client' if 400 <= status < 500 else 'server'} error ({status}) from {hostname} with message "
        f'"{message}". See {logs} in account {ACCOUNT} for more information.',
        _MODEL_ERROR_STATUS,
        {"OriginalStatusCode": status, "OriginalMessage": message, "LogStreamArn": arns.log_group(group)},
    )


def invalid(message: str) -> AwsError:
    """Refuse a call, with the runtime's error code."""
    return AwsError("ValidationError", message)
