"""What SNS topics are told of asynchronous requests, as AWS writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local_sagemaker.sagemaker.endpoints.asynchronous.requests import AsyncRequest


def succeeded(request: AsyncRequest, content_type: str | None, now: datetime) -> dict[str, Any]:
    """Write the notification of an answer."""
    said = {"contentType": content_type, "outputLocation": request.output_location}
    return {**_event(request, "Completed", now), "responseParameters": _present(said)}


def failed(request: AsyncRequest, reason: str, now: datetime) -> dict[str, Any]:
    """Write the notification of a failure."""
    return {**_event(request, "Failed", now), "failureReason": reason}


def _event(request: AsyncRequest, status: str, now: datetime) -> dict[str, Any]:
    asked = {
        "contentType": request.content_type,
        "endpointName": request.endpoint,
        "inputLocation": request.input_location,
    }
    return {
        "awsRegion": request.region,
        "eventTime": _moment(now),
        "receivedTime": _moment(datetime.fromtimestamp(request.received, UTC)),
        "invocationStatus": status,
        "requestParameters": _present(asked),
        "inferenceId": request.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _present(members: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in members.items() if value is not None}


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
