"""Runs an image's own server, and hands it what comes in on the container's socket: `relay.py <fd> <port> <command…>`.

The local SageMaker asks a container over a unix socket, which is bound before the container starts. An image's own
server listens on a TCP port of its choice or ours, some time after it has started; until then requests wait. The relay
ends with the server, with its exit code.

Run by its path with `python -I -S`, in the server's own Python.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from functools import partial

CHUNK = 1 << 16

RETRY_SECONDS = 0.05
"""Between two tries to reach a server that does not listen yet."""

BACKLOG_THREADS = 256
"""Connections that are relayed at once, at most."""


class Relay:
    """Accepts on one socket, and connects to a port."""

    def __init__(self, listening: socket.socket, port: int) -> None:
        self._listening = listening
        self._address = ("127.0.0.1", port)
        self._free = threading.BoundedSemaphore(BACKLOG_THREADS)

    def run(self) -> None:
        """Accept connections for ever."""
        while True:
            self._free.acquire()
            taken, _ = self._listening.accept()
            threading.Thread(target=self._connect, args=(taken,), daemon=True).start()

    def _connect(self, taken: socket.socket) -> None:
        try:
            with taken, self._reached() as server:
                answers = threading.Thread(target=forward, args=(server, taken), daemon=True)
                answers.start()
                forward(taken, server)
                answers.join()
        finally:
            self._free.release()

    def _reached(self) -> socket.socket:
        """Connect to the server as soon as it listens; the relay ends with it, so this does not wait for ever."""
        while True:
            try:
                return socket.create_connection(self._address)
            except OSError:
                time.sleep(RETRY_SECONDS)


def forward(source: socket.socket, target: socket.socket) -> None:
    """Copy one direction until its end, and tell the other side that it has ended."""
    try:
        for data in iter(partial(source.recv, CHUNK), b""):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is down already


def main() -> int:
    """Start the server and relay to it until it ends; return its exit code."""
    descriptor, port, *command = sys.argv[1:]
    listening = socket.socket(fileno=int(descriptor))
    os.set_inheritable(listening.fileno(), False)
    server = subprocess.Popen(command)
    threading.Thread(target=Relay(listening, int(port)).run, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
