"""Keeps a Python process's AWS clients on this machine: a boto3 client whose URL is AWS's gets the local one, and no
host of AWS is looked up or asked of a proxy. It does nothing where `AWS_ENDPOINT_URL` names no server of this machine.

This is run when any program of a shell or a container starts, on any Python since 3.7, so it loads nothing: it changes
modules as soon as they are imported.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    Undo = Callable[[], None]

_AWS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "sc2s.sgov.gov",
)
"""The domains of AWS's partitions, as botocore lists them."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class StoppedByLocalSageMaker(RuntimeError):
    """A host of AWS was asked for. It is no `OSError`, which many take for a failure that passes, and try again."""


def keep_clients_here() -> Undo:
    """Keep the clients of this process here, and return what lets them go again."""
    changes = _Changes({"botocore.session": _redirect, "http.client": _guard_proxies, "socket": _guard_names})
    sys.meta_path.insert(0, changes)
    return changes.undo


class _Changes:
    """Changes modules when they are imported; at once those that are already."""

    def __init__(self, changes: dict[str, Callable[[Any], Undo]]) -> None:
        self._changes = changes
        self._undone = [change(sys.modules[name]) for name, change in changes.items() if name in sys.modules]

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find a module that is to be changed; no other."""
        change = self._changes.get(name)
        found = None if change is None else PathFinder.find_spec(name, path, target)
        if change is None or found is None or found.loader is None:
            return None
        load = found.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            self._undone.append(change(module))

        found.loader.exec_module = exec_module  # type: ignore[method-assign]
        return found

    def undo(self) -> None:
        """Take all changes back."""
        sys.meta_path.remove(self)
        for undo in reversed(self._undone):
            undo()


def _redirect(botocore_session: Any) -> Undo:
    """Let botocore's sessions make local clients, whatever URL the caller, a variable or a profile gives them."""

    def change(create_client: Callable[..., Any]) -> Callable[..., Any]:
        def local(*arguments: Any, **options: Any) -> Any:
            client = create_client(*arguments, **options)
            here = _local()
            if here is None or not _is_of_aws(_host(client.meta.endpoint_url)):
                return client
            from inspect import signature

            bound = signature(create_client).bind(*arguments, **options)
            bound.arguments["endpoint_url"] = here
            return create_client(*bound.args, **bound.kwargs)

        return local

    return _replaced(botocore_session.Session, "create_client", change)


def _guard_names(socket: Any) -> Undo:
    """Let no host of AWS be looked up."""

    def change(getaddrinfo: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(host: Any, *arguments: Any, **options: Any) -> Any:
            _stop_at_aws(host)
            return getaddrinfo(host, *arguments, **options)

        return guarded

    return _replaced(socket, "getaddrinfo", change)


def _guard_proxies(http_client: Any) -> Undo:
    """Let no proxy be asked for a host of AWS."""

    def change(set_tunnel: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(connection: Any, host: Any, *arguments: Any, **options: Any) -> Any:
            _stop_at_aws(host)
            return set_tunnel(connection, host, *arguments, **options)

        return guarded

    return _replaced(http_client.HTTPConnection, "set_tunnel", change)


def _replaced(owner: Any, name: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Undo:
    original = getattr(owner, name)
    setattr(owner, name, change(original))
    return lambda: setattr(owner, name, original)


def _stop_at_aws(host: Any) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    here = _local()
    if here is not None and _is_of_aws(name):
        raise StoppedByLocalSageMaker(
            f"{name} is a host of AWS, and this process's AWS clients are kept at the local SageMaker ({here}): "
            f"nothing was sent. To reach AWS, use a shell without what `local-sagemaker env` prints."
        )


def _is_of_aws(host: str) -> bool:
    host = host.rstrip(".").lower()
    return any(host == domain or host.endswith(f".{domain}") for domain in _AWS)


def _local() -> str | None:
    """Return the local server's URL, if there is one."""
    url = os.environ.get("AWS_ENDPOINT_URL", "")
    return url if _host(url) in _LOOPBACK else None


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or ""
