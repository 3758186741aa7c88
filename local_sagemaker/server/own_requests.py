"""Requests that the server itself makes to services, as a client would make them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from urllib.parse import urlencode

from local_sagemaker.http.messages import HEADERS_KEY, Environ, Request

_SIGNATURE = "AWS4-HMAC-SHA256 Credential=local/20260101/{}/{}/aws4_request, SignedHeaders=host, Signature=0"
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


def form_request(service: str, region: str, form: Mapping[str, str]) -> Request:
    """Make a request of the query protocol: an action and its parameters as a form."""
    return own_request(service, region, "POST", "/", "", {"content-type": _FORM}, urlencode(form).encode())


def own_request(
    service: str, region: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Request:
    """Make a request that is signed for a service, by its signing name; header names in lower case."""
    signed = {
        **headers,
        "host": f"{service}.{region}.amazonaws.com",
        "authorization": _SIGNATURE.format(region, service),
        "content-length": str(len(body)),
    }
    return Request(_environ(method, path, query, signed, body))


def _environ(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Environ:
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "REQUEST_URI": f"{path}?{query}" if query else path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": headers["content-length"],
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        HEADERS_KEY: headers,
    }
