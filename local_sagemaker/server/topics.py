"""Publishes to SNS topics, which moto keeps: what the server itself has to say, as a client would say it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Protocol

from local_sagemaker.http.messages import Request, Response
from local_sagemaker.server.own_requests import form_request


class NotPublished(Exception):
    """A topic did not take a message; the text is SNS's answer."""


class Services(Protocol):
    """What answers SNS."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""


class Topics:
    """The way to SNS.

    Parameters
    ----------
    services : Services
        What answers SNS.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def publish(self, topic: str, message: str) -> None:
        """Publish a message.

        Raises
        ------
        NotPublished
            If SNS refuses it.
        """
        form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": message}
        response = self._services.answer(form_request("sns", _region(topic), form))
        if response.status != HTTPStatus.OK:
            body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
            raise NotPublished(body.decode(errors="replace"))


def _region(topic: str) -> str:
    """Read the region from an ARN: `arn:aws:sns:<region>:<account>:<name>`."""
    parts = topic.split(":")
    return parts[3] if len(parts) > 3 else "us-east-1"
