"""CloudWatch's operations behind the three protocols that its clients speak: RPC v2 CBOR, JSON and forms."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from local_sagemaker.cloudwatch.alarm_operations import AlarmOperations
from local_sagemaker.cloudwatch.alarms import Alarms
from local_sagemaker.cloudwatch.metric_operations import MetricOperations
from local_sagemaker.cloudwatch.metrics import Metrics, Source
from local_sagemaker.cloudwatch.request_members import CLOUDWATCH, REFUSED
from local_sagemaker.cloudwatch.watching import Watch
from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.http import cbor
from local_sagemaker.http.error_responses import is_form
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.protocol.query_service import QueryService

_SERVICE = "monitoring"
_CBOR_PATH = re.compile(r"/service/GraniteServiceVersion20100801/operation/(\w+)")
_CBOR_HEADERS = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
_LARGEST = 10_000_000


class Services(Protocol):
    """What answers the rest."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""


class CloudWatch:
    """Answers CloudWatch's requests, and hands on all others.

    Parameters
    ----------
    database : Database
        The durable store, with the alarms' schema.
    services : Services
        What answers dashboards and the like, and the other services.
    publish : callable
        Publishes a message to an SNS topic.
    """

    def __init__(self, database: Database, services: Services, publish: Callable[[str, str], None]) -> None:
        self.metrics = Metrics()
        self.alarms = Alarms(database)
        self.watch = Watch(self.alarms, self.metrics, publish)
        self._services = services
        handlers = {**AlarmOperations(self.alarms, self.watch).handlers, **MetricOperations(self.metrics).handlers}
        self.service = JsonService("cloudwatch", handlers, CLOUDWATCH)
        self._query = QueryService(self.service)

    def listen(self, sources: Iterable[Source]) -> None:
        """Have the metrics of others from now on."""
        for source in sources:
            self.metrics.listen(source)

    def answer(self, request: Request) -> Response:
        """Carry one request out; of every region, as metrics and alarms are seen from all.

        Raises
        ------
        AwsError
            What CloudWatch would answer, or the name of what is not executed here.
        """
        if request.service != _SERVICE:
            return self._services.answer(request)
        request = _kept(request)
        operation = _operation(request)
        if operation in REFUSED:
            message = f"{operation} is not part of the local SageMaker: {REFUSED[operation]}"
            raise AwsError("UnknownOperationException", message)
        if not self.service.handles(operation):
            return self._services.answer(request)
        if is_form(request):
            return self._query.answer(request)
        if _CBOR_PATH.fullmatch(request.path):
            return Response(200, _CBOR_HEADERS, cbor.encoded(self.service.ask(operation, _cbor_parameters(request))))
        answer = self.service.call(operation, request.body.up_to(_LARGEST))
        return Response(200, {"Content-Type": "application/x-amz-json-1.0"}, answer)


def _kept(request: Request) -> Request:
    """Read the body in a way that lets others read it again."""
    body = request.body.up_to(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise AwsError("RequestEntityTooLarge", f"A request has at most {_LARGEST:,} bytes.", 413)
    return Request({**request.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def _operation(request: Request) -> str:
    match = _CBOR_PATH.fullmatch(request.path)
    if match is not None:
        return match[1]
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    return _form(request).get("Action", "")


def _form(request: Request) -> Mapping[str, str]:
    stream: Any = request.environ["wsgi.input"]
    form = dict(parse_qsl(stream.getvalue().decode("utf-8", "replace"), keep_blank_values=True))
    return {**request.query, **form}


def _cbor_parameters(request: Request) -> Mapping[str, Any]:
    body = request.body.up_to(_LARGEST)
    try:
        parameters = cbor.decoded(body) if body else {}
    except cbor.NotCbor as error:
        raise AwsError("SerializationException", str(error)) from error
    if not isinstance(parameters, Mapping):
        raise AwsError("SerializationException", "The request body is no structure.")
    return parameters
