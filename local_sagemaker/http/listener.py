"""The HTTP server: cheroot, set up for clients on this machine."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

import cheroot.wsgi

from local_sagemaker.http.exchange import HEADERS_KEY

_THREADS = 96
_IDLE_SECONDS = 300
_END_SECONDS = 5
_log = logging.getLogger(__name__)


class Front(cheroot.wsgi.Server):
    """A threaded HTTP server on 127.0.0.1, running in threads of its own.

    Parameters
    ----------
    port : 0 for any that is free

    Raises
    ------
    OSError
        From `listen`, if the port is taken.
    """

    keep_alive_conn_limit = 1000
    max_request_header_size = 1 << 16
    expiration_interval = 0.5

    def __init__(self, port: int) -> None:
        super().__init__(
            ("127.0.0.1", port),
            wsgi_app=None,
            numthreads=_THREADS,
            server_name="local-sagemaker",
            request_queue_size=128,
            timeout=_IDLE_SECONDS,
            shutdown_timeout=2,
        )
        self.gateway = _Gateway

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Take the port in such a way that the next server can take it while connections of this one linger; set after
        the port is chosen, since else a free one might be one that is not.
        """
        socket_.bind(bind_addr)
        socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return socket_

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.bind_addr[1])

    def listen(self) -> None:
        """Take the port. Requests wait until `answer_with`."""
        preparing = _Preparation(self)
        preparing.start()
        preparing.join()
        if preparing.error is not None:
            raise preparing.error

    def answer_with(self, application: Any) -> None:
        """Start answering."""
        self.wsgi_app = application
        threading.Thread(target=self.serve, name="front", daemon=True).start()

    def end(self) -> None:
        """Stop listening and wait a little for requests under way; none can hold up the end of the process."""
        stopping = threading.Thread(target=self.stop, name="front-end", daemon=True)
        stopping.start()
        stopping.join(_END_SECONDS)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Send cheroot's messages where ours go."""
        _log.log(level, msg, exc_info=traceback)


class _Preparation(threading.Thread):
    """Prepares the server in a daemon thread: the worker threads that it starts inherit that, and so cannot keep the
    process from ending.
    """

    def __init__(self, front: Front) -> None:
        super().__init__(name="front-preparation", daemon=True)
        self._front = front
        self.error: OSError | None = None

    def run(self) -> None:
        """Bind the socket and start the workers."""
        try:
            self._front.prepare()
        except OSError as error:
            self.error = error


class _Gateway(cheroot.wsgi.Gateway_10):
    """Adds the headers as they came to WSGI's environ."""

    def get_environ(self) -> Any:  # cheroot's stubs have forgotten what it returns
        """Return the environ of this request."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[HEADERS_KEY] = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.req.inheaders.items()
        }
        return environ
