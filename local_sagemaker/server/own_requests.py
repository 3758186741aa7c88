"""Requests that the server itself makes to services that moto keeps, as a client would make them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from urllib.parse import urlencode

from local_sagemaker.http.messages import HEADERS_KEY, Environ, Request

_SIGNATURE = "AWS4-HMAC-SHA256 Credential=local/20260101/{}/{}/aws4_request, SignedHeaders=host, Signature=0"


def form_request(service: str, region: str, form: Mapping[str, str]) -> Request:
    """Make a request of the query protocol: an action and its parameters as a form."""
    return Request(_environ(service, region, urlencode(form).encode()))


def _environ(service: str, region: str, body: bytes) -> Environ:
    headers = {
        "host": f"{service}.{region}.amazonaws.com",
        "authorization": _SIGNATURE.format(region, service),
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
