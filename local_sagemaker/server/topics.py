"""Publishes to SNS topics, which moto keeps: what the server itself has to say, as a client would say it."""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlencode

from local_sagemaker.http.messages import HEADERS_KEY, Environ, Request, Response

_SIGNATURE = "AWS4-HMAC-SHA256 Credential=local/20260101/{}/sns/aws4_request, SignedHeaders=host, Signature=0"


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
        response = self._services.answer(Request(_environ(_region(topic), urlencode(form).encode())))
        if response.status != HTTPStatus.OK:
            body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
            raise NotPublished(body.decode(errors="replace"))


def _region(topic: str) -> str:
    """Read the region from an ARN: `arn:aws:sns:<region>:<account>:<name>`."""
    parts = topic.split(":")
    return parts[3] if len(parts) > 3 else "us-east-1"


def _environ(region: str, body: bytes) -> Environ:
    headers = {
        "host": f"sns.{region}.amazonaws.com",
        "authorization": _SIGNATURE.format(region),
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "content-length": str(len(body)),
    }
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "REQUEST_URI": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": headers["content-type"],
        "CONTENT_LENGTH": headers["content-length"],
        "HTTP_HOST": headers["host"],
        "HTTP_AUTHORIZATION": headers["authorization"],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        HEADERS_KEY: headers,
    }
