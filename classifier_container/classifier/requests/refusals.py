"""The answers to requests that cannot be answered: a status, and an error in JSON for programs and people."""

from __future__ import annotations

import json

from ..errors import RequestRefused
from .responses import HttpResponse


def refusal_response(refusal: RequestRefused) -> HttpResponse:
    """Return the answer to a bad request, with the 4xx status of its kind."""
    record = {} if refusal.record is None else {"record": refusal.record}
    return _response(refusal.status, {"code": refusal.code, "message": refusal.message, **record})


def failure_response() -> HttpResponse:
    """Return the answer to a request on which this code failed; nothing of the request is in it."""
    message = "The classifier failed on this request; its log says where."
    return _response(500, {"code": "InternalError", "message": message})


def _response(status: int, error: dict[str, str | int]) -> HttpResponse:
    return HttpResponse(json.dumps({"error": error}).encode(), "application/json", status)
