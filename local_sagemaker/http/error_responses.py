"""How an error reaches a client: as an AWS error whatever it was, in the form that the client's protocol knows."""

from __future__ import annotations

import errno
import json
import sqlite3
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.http import parse_options_header

from local_sagemaker.errors import AwsError
from local_sagemaker.http import cbor
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.state import StateDirectory

_QUERY_PROTOCOL = "application/x-www-form-urlencoded"
_CBOR_PROTOCOL = "rpc-v2-cbor"
_SERVERS_FAULT = 500
_JSON_SERVICES = ("sagemaker", "logs")


def as_aws_error(error: Exception, state: StateDirectory, request_id: str) -> AwsError:
    """Say in one line what went wrong here; the log has the rest."""
    if _is_disk_full(error):
        return AwsError("InsufficientStorage", f"The disk that holds {state.root} is full.", 507)
    message = f"The local SageMaker failed; its log {state.log_file} has request {request_id}."
    return AwsError("InternalFailure", message, 500)


def answer(error: AwsError, request: Request) -> Response:
    """Write an error as all services but S3 do: XML where requests are forms, CBOR where they are, JSON elsewhere."""
    if is_form(request):
        parts = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        body = f"<ErrorResponse><Error>{parts}</Error></ErrorResponse>"
        return Response(error.status, {"Content-Type": "text/xml"}, body.encode())
    content: dict[str, Any] = {"__type": error.code, "message": error.message, **error.fields}
    if request.headers.get("smithy-protocol") == _CBOR_PROTOCOL:
        fault = f"{error.code};{'Sender' if error.status < _SERVERS_FAULT else 'Receiver'}"
        about = {"Content-Type": "application/cbor", "smithy-protocol": _CBOR_PROTOCOL, "x-amzn-query-error": fault}
        return Response(error.status, about, cbor.encoded(content))
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
    return Response(error.status, headers, json.dumps(content).encode())


def is_form(request: Request) -> bool:
    """Tell if a request is of a service whose requests are forms. To an endpoint a form is a body like any other."""
    content_type, _ = parse_options_header(request.headers.get("content-type"))
    return request.service not in _JSON_SERVICES and content_type.lower() == _QUERY_PROTOCOL


def _is_disk_full(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorname == "SQLITE_FULL"
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
