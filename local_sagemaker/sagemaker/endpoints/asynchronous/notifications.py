"""What SNS topics are told of asynchronous requests, as AWS writes it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.sagemaker.endpoints.asynchronous.requests import AsyncRequest

_MOST_INCLUDED = 128 * 1024
"""Bytes of the longest answer that a notification can hold."""

_LOOK_THERE = "Check S3 path location(if configured) or Cloudwatch for additional details."


def succeeded(request: AsyncRequest, content_type: str | None, now: datetime) -> dict[str, Any]:
    """Write the notification of an answer."""
    said = {"contentType": content_type, "outputLocation": request.output_location}
    return {**_event(request, "Completed", now), "responseParameters": _present(said)}


def failed(request: AsyncRequest, reason: str, now: datetime) -> dict[str, Any]:
    """Write the notification of a failure."""
    return {**_event(request, "Failed", now), "failureReason": reason}


def with_response(message: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Put what the container answered into a notification, unless it is longer than 128 KB."""
    if not body or len(body) > _MOST_INCLUDED:
        return message
    content = base64.b64encode(body).decode("ascii")
    return {**message, "responseBody": {"content": content, "message": _LOOK_THERE, "encoding": "BASE64"}}


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
