"""InvokeEndpointAsync's request: headers in, an `AsyncRequest` out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.sagemaker.endpoints.asynchronous.requests import AsyncRequest
from local_sagemaker.sagemaker.endpoints.invocation import check_headers, custom_attributes, invalid, passed_on
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.limits import (
    ASYNC_DEFAULT_AGE_SECONDS,
    ASYNC_DEFAULT_SECONDS,
    ASYNC_INLINE_BYTES,
    ASYNC_MOST_SECONDS,
)

_HEADER = "x-amzn-sagemaker-"
_EXTENSION = re.compile(r"(?!s3:|https:)[a-zA-Z0-9!_.*'()/-]{1,512}")
_FILENAME = re.compile(r"(?!.*\..*\.)[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,31}")


def read(
    endpoint: str, body: bytes, headers: Mapping[str, str], config: Mapping[str, Any], region: str
) -> AsyncRequest:
    """Read a call.

    Parameters
    ----------
    endpoint : str
        The endpoint's name.
    body : bytes
        The request's body; empty if the input is in S3.
    headers : mapping of str to str
        The request's headers; names in lower case.
    config : mapping of str to Any
        The endpoint's `AsyncInferenceConfig`.
    region : str
        The region that the notifications name.

    Raises
    ------
    AwsError
        `ValidationError` for a header that has no such value or asks for what is not executed here, and for a call
        with two inputs or none.
    """
    check_headers("InvokeEndpointAsync", headers)
    name, output = str(uuid.uuid4()), config["OutputConfig"]
    failures = output.get("S3FailurePath")
    return AsyncRequest(
        endpoint=endpoint,
        region=region,
        inference_id=headers.get(f"{_HEADER}inference-id") or str(uuid.uuid4()),
        input_location=_input_location(body, headers),
        output_location=_output_location(output["S3OutputPath"], name, headers),
        failure_location=None if failures is None else str(s3_uris.parse(failures) / f"{name}-error.out"),
        content_type=passed_on(headers, f"{_HEADER}content-type"),
        accept=passed_on(headers, f"{_HEADER}accept"),
        custom_attributes=custom_attributes(headers),
        most_age_seconds=_seconds(
            headers, "requestttlseconds", 60, ASYNC_DEFAULT_AGE_SECONDS, ASYNC_DEFAULT_AGE_SECONDS
        ),
        timeout_seconds=_seconds(headers, "invocationtimeoutseconds", 1, ASYNC_MOST_SECONDS, ASYNC_DEFAULT_SECONDS),
        received=datetime.now(UTC).timestamp(),
    )


def _input_location(body: bytes, headers: Mapping[str, str]) -> str | None:
    location = headers.get(f"{_HEADER}inputlocation")
    if (location is None) == (not body):
        raise invalid("Exactly one of InputLocation and Body must be given.")
    if len(body) > ASYNC_INLINE_BYTES:
        raise invalid(f"The body is longer than {ASYNC_INLINE_BYTES} bytes. Put it into S3, and give InputLocation.")
    if location is not None and not (location.startswith("s3://") and s3_uris.parse(location).key):
        raise invalid(f"InputLocation is {location}; write it as s3://bucket/key.")
    return location


def _output_location(path: str, name: str, headers: Mapping[str, str]) -> str:
    place = s3_uris.parse(path)
    extension, filename = headers.get(f"{_HEADER}s3outputpathextension"), headers.get(f"{_HEADER}filename")
    if extension is not None:
        place /= _matching(_EXTENSION, extension, "S3OutputPathExtension").strip("/")
    return str(place / (f"{name}.out" if filename is None else _matching(_FILENAME, filename, "Filename")))


def _matching(pattern: re.Pattern[str], value: str, name: str) -> str:
    if pattern.fullmatch(value) is None:
        raise invalid(f"{name} is {value!r}, which does not match {pattern.pattern}.")
    return value


def _seconds(headers: Mapping[str, str], header: str, least: int, most: int, default: int) -> int:
    text = headers.get(_HEADER + header)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise invalid(f"{header} is {text!r}; it is a number of seconds from {least} to {most}.")
    return int(text)
