"""The HTTP server: cheroot, set up for clients on this machine."""

from __future__ import annotations

import errno
import io
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import cheroot.wsgi
from cheroot.workers.threadpool import ThreadPool

from local_sagemaker.http.connection import Connection
from local_sagemaker.http.messages import HEADERS_KEY
from local_sagemaker.http.plain_invocations import AT_ONCE

RESERVED = 96
"""Threads that there are from the start, and that invocations leave to all else: see `capacity`."""

_SPARE = 8
"""Threads that are kept ready: as many are added when fewer are idle than that."""

_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)
"""Errors of a process that has run out of something; it can only wait."""

_PAUSE = 0.5
_IDLE_SECONDS = 300
_END_SECONDS = 5
_log = logging.getLogger(__name__)


class Listener(cheroot.wsgi.Server):
    """A threaded HTTP server on 127.0.0.1, running in threads of its own.

    Parameters
    ----------
    port : int
        0 for any that is free.
    threads : int
        The most requests at once.

    Raises
    ------
    OSError
        From `listen`, if the port is taken.
    """

    keep_alive_conn_limit = 1000
    max_request_header_size = 1 << 16
    expiration_interval = 0.5
    ConnectionClass = Connection

    def __init__(self, port: int, threads: int) -> None:
        super().__init__(
            ("127.0.0.1", port),
            wsgi_app=None,
            numthreads=RESERVED,
            server_name="local-sagemaker",
            request_queue_size=128,
            timeout=_IDLE_SECONDS,
            shutdown_timeout=2,
        )
        self.requests = _Workers(self, min=RESERVED, max=threads)
        self.gateway = _Gateway
        self._ending = False

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

    def answer_with(self, application: Any, broken: Callable[[], None]) -> None:
        """Start answering; `broken` is called if that ends before it should."""
        self.wsgi_app = application
        threading.Thread(target=self._serve, args=(broken,), name="listener", daemon=True).start()

    def _serve(self, broken: Callable[[], None]) -> None:
        try:
            self.serve()
        except BaseException:
            _log.exception("the HTTP server broke")
        if not self._ending:
            broken()

    def end(self) -> None:
        """Stop listening and wait a little for requests under way; none can hold up the end of the process."""
        self._ending = True
        stopping = threading.Thread(target=self.stop, name="listener-end", daemon=True)
        stopping.start()
        stopping.join(_END_SECONDS)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Send cheroot's messages where ours go.

        It is told here alone that no connection could be taken, and would try again at once, and for ever.
        """
        _log.log(level, msg, exc_info=traceback)
        error = sys.exception() if traceback else None
        if isinstance(error, OSError) and error.errno in _SHORT:
            time.sleep(_PAUSE)


class _Workers(ThreadPool):
    """Threads for requests, more when nearly all are taken, so that no request waits for one that waits for it.

    cheroot's pool has a size that only its owner changes.
    """

    def put(self, obj: Any) -> None:
        """Take a connection with a request; called in the one thread that looks after connections."""
        super().put(obj)
        idle = self.idle - self.qsize
        if idle < _SPARE:
            self._add(_SPARE)
        elif idle > self.min:
            self.shrink(1)

    def _add(self, number: int) -> None:
        """Add threads at once; `grow` would sleep until each has begun, and connections would wait for that."""
        threads: list[Any] = self._threads  # type: ignore[attr-defined]  # the stubs leave it out, and the next
        try:
            for _ in range(min(number, int(self.max) - len(threads))):
                threads.append(self._spawn_worker())  # type: ignore[attr-defined]
        except RuntimeError:
            _log.exception("no more threads are to be had; requests wait for the others")


class _Preparation(threading.Thread):
    """Prepares the server in a daemon thread: the worker threads that it starts inherit that, and so cannot keep the
    process from ending.
    """

    def __init__(self, listener: Listener) -> None:
        super().__init__(name="listener-preparation", daemon=True)
        self._listener = listener
        self.error: Exception | None = None

    def run(self) -> None:
        """Bind the socket and start the workers."""
        try:
            self._listener.prepare()
        except Exception as error:
            self.error = error


class _Gateway(cheroot.wsgi.Gateway_10):
    """Adds the headers as they came to WSGI's environ, and sends a short body together with its head."""

    def write(self, chunk: bytes) -> None:
        """Send a piece of the answer's body; cheroot would send the head by itself, and wake the client for it."""
        if self.req.sent_headers or len(chunk) > AT_ONCE:
            super().write(chunk)
            return
        connection, stream = self.req.conn, self.req.conn.wfile
        connection.wfile = together = io.BytesIO()
        try:
            super().write(chunk)
        finally:
            connection.wfile = stream
            stream.write(together.getvalue())

    def get_environ(self) -> Any:  # cheroot's stubs have forgotten what it returns
        """Return the environ of this request."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[HEADERS_KEY] = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.req.inheaders.items()
        }
        return environ
