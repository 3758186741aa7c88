"""The one error of the containers."""

from __future__ import annotations


class ContainerFailed(Exception):
    """A container could not be started, died, or did not answer; `reason` says which, in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
