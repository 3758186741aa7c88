"""A rehearsal of a command: what only looks is asked of the account, what would change something is noted in its place.

It hangs on boto3's own events, so what is noted is what would have been sent, after botocore has validated it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

_LOOKING = ("Describe", "Filter", "Get", "Head", "List")


class Rehearsal:
    """Notes the requests of a session's clients that would change something, and answers them with nothing."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        """Each as `{"service": ..., "operation": ..., "request": ...}`, in order."""

    def watch(self, session: Any) -> None:
        """Note what the clients of a botocore session would change, from now on."""
        session.register("before-parameter-build", self._note)
        session.register("before-call", self._answer)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if is_looking(model.name):
            return
        service = model.service_model.service_name
        request = {name: _shown(value) for name, value in params.items()}
        self.requests.append({"service": service, "operation": model.name, "request": request})

    def _answer(self, model: Any, **_: Any) -> tuple[Any, dict[str, Any]] | None:
        if is_looking(model.name):
            return None
        return SimpleNamespace(status_code=200, headers={}, content=b""), {}


def is_looking(operation: str) -> bool:
    """Tell whether an operation of AWS leaves everything as it is, by its name."""
    return operation.startswith(_LOOKING)


def _shown(value: Any) -> Any:
    """Return a member as JSON can hold it: of what would be uploaded, its kind alone."""
    return value if isinstance(value, str | int | float | list | dict | bool | None) else f"<{type(value).__name__}>"
