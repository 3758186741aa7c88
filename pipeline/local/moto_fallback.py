"""Everything that is not ours: moto's own server application answers it, from memory.

Importing moto takes seconds, so it waits for the first request that needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from pipeline.local.exchange import Environ, StartResponse


class MotoFallback:
    """A WSGI application that becomes moto's on first use."""

    def __init__(self) -> None:
        self._application: Any = None
        self._loading = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        with self._loading:
            if self._application is None:
                from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

                self._application = DomainDispatcherApplication(create_backend_app)
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer
