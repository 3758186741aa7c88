"""Data capture: requests and answers of endpoints, as AWS's JSON Lines in S3.

Captures are gathered in memory, up to a limit, and written by a thread of their own, so that no request waits for S3.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.endpoints.invocation import Invocation, InvocationResult
from local_sagemaker.sagemaker.resources import s3_uris

MOST_BYTES = 16 << 20
"""Of captures that wait to be written; what would be more is not captured, as AWS does when its disk fills up."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two writings: they grow while requests keep coming, or there would be an object each second."""

_MODES = {"Input": ("Input",), "Output": ("Output",), "InputAndOutput": ("Input", "Output")}
_EVENT_VERSION = "0"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _File:
    """Where a capture goes; those of one hour, variant and writing share an object."""

    destination: str
    endpoint: str
    variant: str
    hour: str


class Captures:
    """All endpoints' captures that wait to be written.

    Parameters
    ----------
    objects : ObjectStore
        S3.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._waiting: dict[_File, list[bytes]] = defaultdict(list)
        self._bytes = 0
        self._left_out = 0
        self._changed = threading.Condition()
        self._writer: threading.Thread | None = None
        self._closing = threading.Event()

    def take(self, config: Mapping[str, Any], call: Invocation, result: InvocationResult) -> None:
        """Capture a request and its answer, if the configuration's percentage has it so.

        Parameters
        ----------
        config : mapping of str to Any
            The endpoint's `DataCaptureConfig`.
        call : Invocation
            The request.
        result : InvocationResult
            The answer.
        """
        if not is_on(config) or random.random() * 100 >= config["InitialSamplingPercentage"]:  # noqa: S311 - a sample
            return
        when = datetime.now(UTC)
        line = json.dumps(_record(config, call, result, when), separators=(",", ":")).encode() + b"\n"
        file = _File(config["DestinationS3Uri"], call.endpoint, result.variant, f"{when:%Y/%m/%d/%H}")
        with self._changed:
            if self._bytes + len(line) > MOST_BYTES:
                self._left_out += 1
                return
            self._waiting[file].append(line)
            self._bytes += len(line)
            self._begin()
            self._changed.notify_all()

    def shut_down(self) -> None:
        """Write what waits, and stop."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
            writer = self._writer
        if writer is not None:
            writer.join()

    def _begin(self) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_out, name="data-capture", daemon=True)
            self._writer.start()

    def _write_out(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            with self._changed:
                if not self._waiting:
                    pause = FIRST_PAUSE
                    self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
            self._closing.wait(pause)
            self._write()
            pause = min(2 * pause, LONGEST_PAUSE)
        self._write()

    def _write(self) -> None:
        with self._changed:
            waiting, self._waiting, self._bytes = self._waiting, defaultdict(list), 0
            left_out, self._left_out = self._left_out, 0
        if left_out:
            _log.warning("%d requests were not captured: more than %d bytes waited to be written", left_out, MOST_BYTES)
        for file, lines in waiting.items():
            try:
                self._put(file, b"".join(lines))
            except Exception:  # the next captures may have a bucket that is there
                _log.exception("%d captures could not be written to %s", len(lines), file.destination)

    def _put(self, file: _File, body: bytes) -> None:
        name = f"{datetime.now(UTC):%M-%S-%f}"[:-3] + f"-{uuid.uuid4()}.jsonl"
        place = s3_uris.parse(file.destination) / file.endpoint / file.variant / file.hour / name
        self._objects.put(place.bucket, place.key, io.BytesIO(body), "application/json")


def is_on(config: Mapping[str, Any]) -> bool:
    """Tell if a `DataCaptureConfig` has captures made."""
    return bool(config.get("EnableCapture", True)) and config["InitialSamplingPercentage"] > 0


def described(config: Mapping[str, Any]) -> dict[str, Any]:
    """Write what DescribeEndpoint says of a `DataCaptureConfig`."""
    enabled = bool(config.get("EnableCapture", True))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def _record(config: Mapping[str, Any], call: Invocation, result: InvocationResult, when: datetime) -> dict[str, Any]:
    bodies = {"Input": (call.content_type, call.body), "Output": (result.headers.get("Content-Type"), result.body)}
    modes = {mode for option in config["CaptureOptions"] for mode in _MODES[option["CaptureMode"]]}
    headers = config.get("CaptureContentTypeHeader", {})
    captured = {f"endpoint{mode}": _body(mode, *bodies[mode], headers) for mode in bodies if mode in modes}
    about = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{when:%Y-%m-%dT%H:%M:%SZ}"}
    if call.custom_attributes is not None:
        about["customAttributes"] = [call.custom_attributes]  # type: ignore[assignment]
    if call.inference_id is not None:
        about["inferenceId"] = call.inference_id
    return {"captureData": captured, "eventMetadata": about, "eventVersion": _EVENT_VERSION}


def _body(mode: str, content_type: str | None, body: bytes, headers: Mapping[str, Any]) -> dict[str, Any]:
    observed = {} if content_type is None else {"observedContentType": content_type}
    encoding, data = _encoded(content_type, body, headers)
    return {**observed, "mode": mode.upper(), "data": data, "encoding": encoding}


def _encoded(content_type: str | None, body: bytes, headers: Mapping[str, Any]) -> tuple[str, str]:
    """Write a body as its content type says: text where it is listed as CSV or JSON, else base64."""
    for encoding, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if _media_type(content_type) in {_media_type(listed) for listed in headers.get(member, ())}:
            try:
                return encoding, body.decode()
            except UnicodeDecodeError:
                break
    return "BASE64", base64.b64encode(body).decode()


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()
