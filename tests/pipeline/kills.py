"""A command that is killed at one of its requests and run again: it ends as one that was left alone.

Killed means that from then on nothing of the command reaches the account, not what it would do on its way out either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import botocore.client
import pytest

from pipeline.aws.rehearsal import is_looking


class Killed(BaseException):
    """The command was killed."""


class KilledThread(Exception):
    """The same in another thread than the main one: boto3's would keep a BaseException to themselves and wait."""


class Moment(StrEnum):
    """When a command is killed."""

    UNSENT = "before it sends a request"
    UNREAD = "before it reads the answer"


@dataclass(frozen=True, slots=True)
class Case:
    """One command, what it finds and what it leaves."""

    begin: Callable[[], object]
    """Empties the account and makes what the command finds."""
    command: Callable[[], object]
    state: Callable[[], object]
    """All that is there, without what differs from run to run."""
    repeats: bool = True
    """Whether one that had come to its end may be run again."""


class Kills:
    """Counts the requests that change something, whichever client sends them, and kills the command at one of them."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        """The operations, in order."""
        self._at: tuple[int, Moment] | None = None
        self._is_dead = False
        self._lock = threading.RLock()

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin to count."""
        send = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

        def counted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            number = self._begin(operation)
            answer = send(client, operation, parameters)
            self._pass(number, Moment.UNREAD)
            return answer

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", counted)

    def check(self, case: Case, moment: Moment) -> list[str]:
        """Kill the command at each of its requests in turn, run it again, and compare the end with that of one whole.

        Returns
        -------
        list of str
            The operations by which the whole one changed something.
        """
        case.begin()
        self.sent = []
        case.command()
        whole, sent = case.state(), list(self.sent)
        assert sent
        for number in range(1, len(sent) + 1):
            case.begin()
            self._kill(case.command, number, moment)
            if case.repeats or number < len(sent) or moment is Moment.UNSENT:
                case.command()
            left = case.state()
            assert left == whole, f"killed {moment}, at number {number} of {sent}: {left} in the place of {whole}"
        return sent

    def _kill(self, command: Callable[[], object], number: int, moment: Moment) -> None:
        self.sent, self._at = [], (number, moment)
        with pytest.raises((Killed, KilledThread)):
            command()
        self._at, self._is_dead = None, False

    def _begin(self, operation: str) -> int | None:
        with self._lock:
            if not is_looking(operation):
                self.sent.append(operation)
            number = None if is_looking(operation) else len(self.sent)
            self._pass(number, Moment.UNSENT)
            return number

    def _pass(self, number: int | None, moment: Moment) -> None:
        with self._lock:
            self._is_dead = self._is_dead or (number is not None and self._at == (number, moment))
            if self._is_dead:
                raise Killed if threading.current_thread() is threading.main_thread() else KilledThread
