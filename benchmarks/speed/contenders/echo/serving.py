"""The floor of what we serve: our own WSGI application around nothing, with the bytes that `inference.py` answers."""

from __future__ import annotations

from preprocessor.requests.responses import HttpResponse
from preprocessor.requests.wsgi import Application

_ANSWER = HttpResponse(b"e" * 800, "application/octet-stream")

application = Application(lambda body, content_type, accept: _ANSWER)
