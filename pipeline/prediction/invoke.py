"""`invoke`: send text to the endpoint and read categories back. boto3 alone: no SDK, no scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.exceptions

from pipeline.deployment.endpoint import not_deployed
from pipeline.errors import BadInput, PipelineError

if TYPE_CHECKING:
    from pipeline.aws.session import Session

MAX_BODY = 6_291_456
"""Bytes that `InvokeEndpoint` takes (SageMaker's documented limit)."""


class Prediction(NamedTuple):
    """The answer for one record."""

    category: str
    probability: float
    top: Sequence[tuple[str, float]]
    """The likeliest categories with their probabilities, best first."""

    @classmethod
    def from_json(cls, item: dict[str, Any]) -> Prediction:
        """Read one entry of the classifier's answer."""
        top = [(entry["category"], entry["probability"]) for entry in item["top"]]
        return cls(item["category"], item["probability"], top)


def classify_text(session: Session, text: str) -> Prediction:
    """Classify one text.

    Raises
    ------
    BadInput
        If the text is larger than an endpoint takes, or the pipeline refused it; the message says why.
    NotReady
        If there is no endpoint.
    """
    (prediction,) = _classify(session, text.encode(), "text/plain; charset=utf-8")
    return prediction


def classify_csv(session: Session, body: bytes) -> list[Prediction]:
    """Classify staged records (see `pipeline.jobs.staged_parts`), in order; raises as `classify_text` does."""
    return _classify(session, body, "text/csv")


def _classify(session: Session, body: bytes, content_type: str) -> list[Prediction]:
    if len(body) > MAX_BODY:
        raise BadInput(
            f"The text has {len(body):,} bytes; an endpoint takes {MAX_BODY:,}. Use `make batch-transform`, "
            f"which takes larger ones."
        )
    try:
        answer = session.runtime.invoke_endpoint(
            EndpointName=session.name, Body=body, ContentType=content_type, Accept="application/json"
        )
    except botocore.exceptions.ClientError as error:
        raise _explained(session, error) from error
    predictions = json.loads(answer["Body"].read())["predictions"]
    return [Prediction.from_json(item) for item in predictions]


def _explained(session: Session, error: botocore.exceptions.ClientError) -> Exception:
    """Turn SageMaker's error into one that says what to do."""
    details: dict[str, Any] = dict(error.response)
    code = details["Error"]["Code"]
    if code == "ModelError":
        return _explain_model_error(details)
    if code == "ValidationError" and "not found" in details["Error"]["Message"]:
        return not_deployed(session)
    return PipelineError(f"{code}: {details['Error']['Message']} `make status` shows the endpoint.")


def _explain_model_error(details: dict[str, Any]) -> Exception:
    status, message = details.get("OriginalStatusCode"), details.get("OriginalMessage", "")
    try:
        message = json.loads(message)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return PipelineError(f"A container answered {status}. `make logs` shows what it said.")
    if status is not None and 400 <= status < 500:
        return BadInput(f"The pipeline refused the request ({status}): {message}")
    return PipelineError(f"A container failed ({status}): {message} `make logs` shows more.")
