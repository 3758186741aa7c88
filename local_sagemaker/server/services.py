"""Services by the names that requests to them are signed for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from local_sagemaker.http.messages import Request, Response


class Service(Protocol):
    """What answers a service's requests."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""


class Services:
    """Answers the requests of some services, and hands on all others.

    Parameters
    ----------
    own : mapping of str to Service
        By signing name.
    others : Service
        What answers the rest.
    """

    def __init__(self, own: Mapping[str, Service], others: Service) -> None:
        self._own = own
        self._others = others

    def answer(self, request: Request) -> Response:
        """Carry one request out."""
        return self._own.get(request.service, self._others).answer(request)
