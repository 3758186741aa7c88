"""Calls of AWS's operations that the server itself makes, to whichever service of its own answers them: written and
read by botocore as a client's are, without a connection.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.http.region import current_region
from local_sagemaker.protocol.json_service import service_model
from local_sagemaker.server.own_requests import own_request

_log = logging.getLogger(__name__)

_NO_CONTENT = "The service answered without an error's code."


class OwnCalls:
    """Calls operations of the server's own services, once it is connected to them."""

    def __init__(self) -> None:
        self._answer: Callable[[Request], Response] | None = None

    def connect(self, answer: Callable[[Request], Response]) -> None:
        """Say what carries a request out, in the region of the caller."""
        self._answer = answer

    def __call__(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call an operation and return its answer in Python's types.

        Raises
        ------
        AwsError
            What the service answers.
        """
        assert self._answer is not None, "nobody is connected"
        try:
            return _answer(service, operation, self._answer(_request(service, operation, parameters)))
        except AwsError:
            raise
        except Exception as error:  # a client would get a 500
            _log.exception("%s of %s", operation, service)
            raise AwsError("InternalFailure", f"The local SageMaker failed: {error!r}", 500) from error


def _request(service: str, operation: str, parameters: Mapping[str, Any]) -> Request:
    from botocore.serialize import create_serializer

    model = service_model(service)
    serializer = create_serializer(model.resolved_protocol, include_validation=False)
    made = serializer.serialize_to_request(dict(parameters), model.operation_model(operation))
    signing_name = model.metadata.get("signingName", model.endpoint_prefix)
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    path, _, in_path = made["url_path"].partition("?")
    query = "&".join(part for part in (in_path, _query(made["query_string"])) if part)
    return own_request(signing_name, current_region(), made["method"], path, query, headers, _body(made["body"]))


def _query(query: Any) -> str:
    return query if isinstance(query, str) else urlencode(query)


def _body(body: Any) -> bytes:
    if isinstance(body, Mapping):
        return urlencode(body).encode()
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _answer(service: str, operation: str, response: Response) -> dict[str, Any]:
    model = service_model(service)
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    parts = {"headers": _lowered(response.headers), "status_code": response.status, "body": body}
    answer: dict[str, Any] = _parser(model.resolved_protocol).parse(
        parts, model.operation_model(operation).output_shape
    )
    if response.status >= 300:
        error = answer.get("Error", {})
        raise AwsError(error.get("Code") or str(response.status), error.get("Message") or _NO_CONTENT, response.status)
    answer.pop("ResponseMetadata", None)
    return answer


def _lowered(headers: Mapping[str, str]) -> Any:
    from botocore.compat import HTTPHeaders

    return HTTPHeaders.from_pairs(list(headers.items())) if headers else HTTPHeaders()


@cache
def _parser(protocol: str) -> Any:
    from botocore.parsers import create_parser

    return create_parser(protocol)
