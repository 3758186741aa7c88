"""Everything that is not ours: moto's own server application answers it, from memory, without a network.

Importing moto takes a while, so it waits for the first request that needs it.
"""

from __future__ import annotations

import re
import threading
from http import HTTPStatus
from typing import Any, NoReturn

from local_sagemaker.errors import AwsError
from local_sagemaker.http.error_responses import is_form
from local_sagemaker.http.messages import Request, Response

_ACTION = re.compile(r"The (\w+) action has not been implemented")
_OURS_TO_WRITE = ("content-length", "x-amzn-requestid", "x-amz-request-id", "server", "date")


class MotoFallback:
    """Hands requests to moto."""

    def __init__(self) -> None:
        self._application: Any = None
        self._loading = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            `UnknownOperationException` (`InvalidAction` where requests are forms) for what moto does not implement.
        """
        from botocore.model import OperationNotFoundError

        with self._loading:
            if self._application is None:
                self._application = _load()
        try:
            response = self._ask(request)
        except (NotImplementedError, OperationNotFoundError) as error:
            raise _unknown(request, str(error)) from error
        if response.status == HTTPStatus.NOT_FOUND and response.headers.get("Content-Type", "").startswith("text/html"):
            raise _unknown(request, f"{request.method} {request.path}")  # no AWS service answers in HTML
        return response

    def _ask(self, request: Request) -> Response:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        pieces = self._application(request.environ, lambda status, headers, *_: started.append((status, headers)))
        try:
            body = b"".join(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        status, headers = started[-1]
        kept = {name: value for name, value in headers if name.lower() not in _OURS_TO_WRITE}
        return Response(int(status.split(" ")[0]), kept, body)


def _unknown(request: Request, said: str) -> AwsError:
    """Refuse an operation by its name: the client's own, or the one in what moto said of it."""
    action = _ACTION.search(said)
    name = request.headers.get("x-amz-target", "").rpartition(".")[2] or (action[1] if action else said)
    code = "InvalidAction" if is_form(request) else "UnknownOperationException"
    return AwsError(code, f"{name} of {request.service} is not part of the local SageMaker, nor of moto.")


def _load() -> Any:
    import moto.settings
    import requests.adapters

    moto.settings.DISABLE_GLOBAL_CORS = True  # web pages may not read our answers
    requests.adapters.HTTPAdapter.send = _refuse_to_send  # type: ignore[method-assign,assignment]
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    def create(service: Any) -> Any:
        if service is None:
            raise NotImplementedError("anything")
        return create_backend_app(service)

    return DomainDispatcherApplication(create)


def _refuse_to_send(adapter: object, request: Any, *_: object, **__: object) -> NoReturn:
    """Stand in for sending. A few of moto's services would really deliver messages and start Docker containers; all
    of them, Docker's client too, send through requests.
    """
    import requests.exceptions

    raise requests.exceptions.ConnectionError(f"moto may not reach the network: {request.method} {request.url}")
