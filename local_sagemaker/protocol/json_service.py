"""The JSON services: operations are looked up by name, requests checked against botocore's model of the service,
answers written as JSON. What an operation does is its handler's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.members import Members

if TYPE_CHECKING:
    from botocore.model import ServiceModel

    from local_sagemaker.protocol.shapes import Reader

Handler = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes validated parameters (timestamps as aware datetimes, blobs as bytes), returns the response structure (datetimes
allowed)."""

_MAYBE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_VALIDATION_CODES = {
    "cloudformation": "ValidationError",
    "cloudwatch": "ValidationError",
    "logs": "InvalidParameterException",
}


class JsonService:
    """One service's operations.

    Parameters
    ----------
    service : str
        Botocore's name of it, such as `sagemaker`.
    handlers : mapping of str to Handler
        By operation, such as `CreateModel`.
    members : mapping of str to Members
        What becomes of the members of their requests, by operation.
    """

    def __init__(self, service: str, handlers: Mapping[str, Handler], members: Mapping[str, Members]) -> None:
        self._service = service
        self._handlers = {operation: (handler, members[operation]) for operation, handler in handlers.items()}

    @property
    def name(self) -> str:
        """Botocore's name of the service."""
        return self._service

    def handles(self, operation: str) -> bool:
        """Tell whether an operation is ours."""
        return operation in self._handlers

    def call(self, operation: str, body: bytes) -> bytes:
        """Run one request.

        Raises
        ------
        AwsError
            `SerializationException` for what is no JSON object or has members of another type, the service's
            validation error for a broken constraint and for a member that nobody would hear, and whatever the handler
            refuses.
        """
        return self.written(self.ask(operation, _parsed(body)))

    @staticmethod
    def written(answer: Mapping[str, Any]) -> bytes:
        """Write an answer as JSON."""
        return json.dumps(answer, default=_plain).encode()

    def ask(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run one request of another part of the server: checked as a client's is, answered in Python's types.

        Raises
        ------
        AwsError
            As `call` does.
        """
        handler, members = self._handlers[operation]
        parameters = read(self._service, operation, request)
        for unheard in members.unheard(request):
            message = f"The local SageMaker does not support {unheard} in {operation}: {members.advice(unheard)}"
            raise _invalid(self._service, message)
        return handler(parameters)


def validate(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Check parameters against the model of an operation's input.

    Raises
    ------
    AwsError
        Coded and worded as AWS would.
    """
    read(service, operation, parameters)


def read(service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Check parameters and return them with timestamps and blobs as Python values, unknown members dropped.

    Raises
    ------
    AwsError
        See `validate`.
    """
    reader = _input_reader(service, operation)
    violations: list[str] = []
    values = reader(parameters, "", violations)
    if violations:
        raise _invalid(service, _summary(violations))
    return dict(values)


def _invalid(service: str, message: str) -> AwsError:
    return AwsError(_VALIDATION_CODES.get(service, "ValidationException"), message)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parameters = json.loads(body or b"{}", parse_constant=_refuse_constant)
        if _MAYBE_SURROGATE.search(body):
            json.dumps(parameters, ensure_ascii=False).encode()  # half a surrogate pair: no text that can be stored
    except (ValueError, RecursionError) as error:
        raise AwsError("SerializationException", f"The request body is not JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise AwsError("SerializationException", "Start of structure or map found where not expected.")
    return parameters


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"a handler returned {value!r}, which JSON cannot hold")


def _summary(violations: list[str]) -> str:
    count = len(violations)
    return f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(violations)}"


@cache
def _input_reader(service: str, operation: str) -> Reader:
    from local_sagemaker.protocol.shapes import reader_of

    return reader_of(service_model(service).operation_model(operation).input_shape)


@cache
def service_model(service: str) -> ServiceModel:
    """Load botocore's model of a service."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
