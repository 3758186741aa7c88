"""The WSGI application: finds the service that a request is for, and turns its errors into that service's form."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import unquote

from local_sagemaker import __version__, fingerprint
from local_sagemaker.containers import namespaces
from local_sagemaker.database import FORMAT_VERSION
from local_sagemaker.errors import AwsError
from local_sagemaker.http import error_responses
from local_sagemaker.http.messages import Environ, Request, Response, StartResponse, new_request_id
from local_sagemaker.http.origin_check import OriginCheck
from local_sagemaker.http.region import RequestOf
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.protocol.rest_json_service import RestJsonService
from local_sagemaker.state import StateDirectory

_LARGEST_INVOCATION = 6_291_456
_LARGEST_JSON = 10_000_000
_log = logging.getLogger(__name__)


class EndpointResponse(Protocol):
    """What an endpoint answered."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers to send."""

    @property
    def body(self) -> bytes:
        """The body to send."""


class SageMakerApi(Protocol):
    """What the application needs of SageMaker."""

    @property
    def service(self) -> JsonService:
        """The JSON operations."""

    @property
    def rest_service(self) -> RestJsonService:
        """The operations that are methods and paths."""

    @property
    def invocations(self) -> Mapping[str, Callable[[str, bytes, Mapping[str, str]], EndpointResponse]]:
        """The ways to send a body to an endpoint, by the last part of their path."""

    def refused(self, operation: str, method: str, path: str) -> AwsError:
        """Refuse by its name what is none of the operations above."""


class S3Api(Protocol):
    """What the application needs of S3."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""

    def error(self, error: AwsError, request: Request, request_id: str) -> Response:
        """Write an error as S3 does."""


class OtherServices(Protocol):
    """What the application needs of what answers the rest."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""


class Application:
    """Dispatches by the service in the signature's scope; the invocation of endpoints comes first, as it is what people
    measure.

    Parameters
    ----------
    origins : OriginCheck
        Decides who may come in.
    state : StateDirectory
        For the health answer.
    sagemaker, s3, logs : SageMakerApi
        The services that are ours.
    others : OtherServices
        For everything else.
    invocations : int
        How many may be under way; all else has threads of its own, which they cannot take.
    """

    def __init__(
        self,
        origins: OriginCheck,
        state: StateDirectory,
        sagemaker: SageMakerApi,
        s3: S3Api,
        logs: JsonService,
        others: OtherServices,
        invocations: int,
    ) -> None:
        self._origins = origins
        self._state = state
        self._sagemaker = sagemaker
        self._s3 = s3
        self._logs = logs
        self._others = others
        self._most_invocations = invocations
        self._invocations = 0
        self._lock = threading.Lock()
        self._code = fingerprint.facts()
        self._closing = False

    def close(self) -> None:
        """Answer nothing but 503 from now on."""
        self._closing = True

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request, request_id = Request(environ), new_request_id()
        try:
            self._origins.check(request.headers)
            if self._closing:
                raise AwsError("ServiceUnavailable", "The local SageMaker is stopping.", 503)
            with RequestOf(request.region):
                response = self.answer(request)
        except AwsError as error:
            response = self._error(error, request, request_id)
        except Exception as error:
            _log.exception("request %s: %s %s", request_id, request.method, request.path)
            response = self._error(error_responses.as_aws_error(error, self._state, request_id), request, request_id)
        own_headers = {_request_id_header(request): request_id}
        if not request.body.drain():
            own_headers["Connection"] = "close"
        return response.send(start_response, own_headers)

    def answer(self, request: Request) -> Response:
        """Have the service that a request is for carry it out; the server's own calls come here, too.

        Raises
        ------
        AwsError
            What the service answers.
        """
        service = request.service
        if service.startswith("sagemaker") or _target(request).startswith("SageMaker."):
            return self._invoke(request) or self._call_sagemaker(request) or self._refused(request)
        if service == "logs":
            return self._call(self._logs, request) or _refused(request)
        if request.path == "/_local/health":
            return self._health()
        if service == "s3":
            return self._s3.answer(request)
        return self._others.answer(request)

    def _invoke(self, request: Request) -> Response | None:
        match = request.invocation
        invoke = None if match is None else self._sagemaker.invocations.get(match[2])
        if match is None or invoke is None:
            return None
        self._enter()
        try:
            body = request.body.up_to(_LARGEST_INVOCATION + 1)  # one byte more tells the service that it is too long
            result = invoke(unquote(match[1]), body, request.headers)
        finally:
            with self._lock:
                self._invocations -= 1
        return Response(result.status, result.headers, result.body)

    def _call_sagemaker(self, request: Request) -> Response | None:
        return self._call(self._sagemaker.service, request) or self._sagemaker.rest_service.answer_own(request)

    def _enter(self) -> None:
        """Count an invocation in."""
        with self._lock:
            if self._invocations == self._most_invocations:
                raise AwsError("ServiceUnavailable", "Too many invocations are under way. Try again.", 503)
            self._invocations += 1

    def _call(self, service: JsonService, request: Request) -> Response | None:
        operation = _operation(request)
        if not service.handles(operation):
            return None
        body = request.body.up_to(_LARGEST_JSON + 1)
        if len(body) > _LARGEST_JSON:
            raise AwsError("RequestEntityTooLargeException", f"A request has at most {_LARGEST_JSON:,} bytes.", 413)
        answer = service.call(operation, body)
        return Response(200, {"Content-Type": "application/x-amz-json-1.1"}, answer)

    def _refused(self, request: Request) -> Response:
        raise self._sagemaker.refused(_operation(request), request.method, request.path)

    def _health(self) -> Response:
        facts = {
            "pid": os.getpid(),
            "state": str(self._state.root),
            "version": __version__,
            "code": self._code,
            "format_version": FORMAT_VERSION,
            "no_own_opt_ml": namespaces.unavailable(),
        }
        return Response(200, {"Content-Type": "application/json"}, json.dumps(facts).encode())

    def _error(self, error: AwsError, request: Request, request_id: str) -> Response:
        if request.service == "s3":
            return self._s3.error(error, request, request_id)
        return error_responses.answer(error, request)


def _operation(request: Request) -> str:
    return _target(request).rpartition(".")[2]


def _target(request: Request) -> str:
    return request.headers.get("x-amz-target", "")


def _refused(request: Request) -> Response:
    raise AwsError("UnknownOperationException", f"{_operation(request)} is not part of the local SageMaker.")


def _request_id_header(request: Request) -> str:
    return "x-amz-request-id" if request.service == "s3" else "x-amzn-RequestId"
