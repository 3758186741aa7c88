"""What is run to serve: the images' model server, or an image's own server behind a relay."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_sagemaker.containers.images.runtime import Runtime

PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"

PORT = 8080
"""Where AWS asks a container, unless it takes the variable."""

_INSIDE = Path(__file__).parents[1] / "inside"


def server_command(runtime: Runtime, environment: Mapping[str, str], descriptor: int) -> list[str]:
    """Make the command that serves on a socket which is bound already.

    Parameters
    ----------
    runtime : Runtime
        The image, and what its processes run with.
    environment : mapping of str to str
        The container's variables.
    descriptor : int
        The socket's.
    """
    own = runtime.image.serving.command
    if own:
        relay = [sys.executable, "-I", "-S", str(_INSIDE / "relay.py")]
        return [*relay, str(descriptor), environment[PORT_VARIABLE], *own]
    return [runtime.python, str(_INSIDE / "serve.py"), str(descriptor)]


def port_for(runtime: Runtime, has_network: bool) -> int:
    """Choose the port of an image's own server: AWS's if it is free, for servers that know no other; else any.

    Parameters
    ----------
    runtime : Runtime
        The image.
    has_network : bool
        Whether the container shares this machine's ports.
    """
    if not runtime.image.serving.command or not has_network:
        return PORT
    return next(port for wanted in (PORT, 0) if (port := _free(wanted)))


def _free(port: int) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", port))
        except OSError:
            return None
        return int(tried.getsockname()[1])
