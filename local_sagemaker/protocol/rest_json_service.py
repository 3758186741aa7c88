"""The services whose operations are methods and paths, with JSON as bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.protocol.json_service import JsonService, service_model

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

_LARGEST_BODY = 1_000_000
_LABEL = re.compile(r"\{(\w+)\+?\}")


class RestJsonService:
    """One service's operations over methods and paths.

    Parameters
    ----------
    operations : JsonService
        The operations, checked against the service's model.
    """

    def __init__(self, operations: JsonService) -> None:
        self._operations = operations

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            `UnknownOperationException` for what is none of the operations, and what the operation raises.
        """
        answer = self.answer_own(request)
        if answer is None:
            message = f"{request.method} {request.path} of {self._operations.name} is not part of the local SageMaker."
            raise AwsError("UnknownOperationException", message)
        return answer

    def answer_own(self, request: Request) -> Response | None:
        """Carry one request out, if it is for one of the operations.

        Raises
        ------
        AwsError
            What the operation raises.
        """
        service = self._operations.name
        for name, method, pattern in _routes(service):
            match = pattern.fullmatch(request.path)
            if method == request.method and match and self._operations.handles(name):
                parameters = _parameters(request, service_model(service).operation_model(name), match)
                return self._answered(name, parameters)
        return None

    def _answered(self, name: str, parameters: Mapping[str, Any]) -> Response:
        body = self._operations.written(self._operations.ask(name, parameters))
        return Response(200, {"Content-Type": "application/json"}, body)


def _parameters(request: Request, operation: OperationModel, match: re.Match[str]) -> dict[str, Any]:
    members: Mapping[str, Shape] = {} if operation.input_shape is None else operation.input_shape.members
    labels = {name: unquote(text) for name, text in match.groupdict().items()}
    in_path = {name: labels[name] for name in labels if name in members}
    return {**_body(request), **dict(_in_query(request, members)), **in_path}


def _body(request: Request) -> dict[str, Any]:
    body = request.body.up_to(_LARGEST_BODY + 1)
    if len(body) > _LARGEST_BODY:
        raise AwsError("RequestEntityTooLargeException", f"A request has at most {_LARGEST_BODY:,} bytes.", 413)
    try:
        parameters = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise AwsError("SerializationException", f"The request body is not JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise AwsError("SerializationException", "Start of structure or map found where not expected.")
    return parameters


def _in_query(request: Request, members: Mapping[str, Shape]) -> Iterator[tuple[str, Any]]:
    """Read the query's parameters by their members' names; one that no member has keeps its own, to be refused."""
    named = {
        str(shape.serialization["name"]): (name, shape)
        for name, shape in members.items()
        if shape.serialization.get("location") == "querystring"
    }
    for wire, text in request.query.items():
        name, shape = named.get(wire, (wire, None))
        if shape is not None and shape.type_name == "list":
            yield name, [text] if text else []
        else:
            yield name, int(text) if shape is not None and shape.type_name == "integer" and text.isdigit() else text


@cache
def _routes(service: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    model = service_model(service)
    operations = (model.operation_model(name) for name in model.operation_names)
    return tuple((each.name, each.http["method"], _pattern(each.http["requestUri"])) for each in operations)


def _pattern(uri: str) -> re.Pattern[str]:
    literal, labels = _LABEL.split(uri.partition("?")[0])[::2], _LABEL.findall(uri)
    pieces = [re.escape(literal[0])]
    for label, text in zip(labels, literal[1:], strict=True):
        pieces.append(f"(?P<{label}>[^/]+){re.escape(text)}")
    return re.compile("".join(pieces))
