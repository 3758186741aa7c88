"""A command and all that it starts, as one process group that ends as a whole and never outlives this process."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.inside.guard import GROUP_VARIABLE, SHARED, kill_members
from local_sagemaker.containers.output import Output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_sagemaker.containers.definition import LogSink
    from local_sagemaker.containers.namespaces import Namespace

OWNER_VARIABLE = "SAGEMAKER_LOCAL_OWNER"
"""In the server's environment: what its groups' tokens begin with, the same for each server of a state directory."""

_GUARD = (sys.executable, "-E", "-s", "-S", str(Path(__file__).with_name("inside") / "guard.py"))
"""Not `-I`: the guard imports a neighbour. No other folder than its own and the standard library's is on its path."""


def own_groups(state: Path) -> None:
    """Have all groups from now on bear the mark of a state directory, and kill what bears it already.

    That was left when an earlier server and its guards were killed at the same time. Only who has the directory's lock
    may call this.

    Parameters
    ----------
    state : Path
        The state directory's root.
    """
    owner = f"{hashlib.sha256(os.fsencode(state)).hexdigest()[:16]}-"
    kill_members(owner)
    os.environ[OWNER_VARIABLE] = owner


class ProcessGroup:
    """A running command in a process group of its own, under the guard.

    The guard (`inside/guard.py`) leads the group and holds a pipe from this process. When this process dies, even by
    SIGKILL, the pipe closes and the guard kills the group. Processes that leave the group (`setsid`) are found by their
    environment.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    environment : mapping of str to str
        The whole environment of the command; nothing is inherited.
    directory : Path
        The working directory; one within the namespace's `/opt/ml` is seen by its path there.
    log : LogSink
        Takes each line of standard output and error.
    grace : float
        Seconds between SIGTERM and SIGKILL in `terminate`.
    inherit : sequence of int
        File descriptors that the command gets too.
    namespace : Namespace or None
        What the group sees as `/opt/ml`, and whether it has a network; None leaves it what everybody has.

    Raises
    ------
    ContainerFailed
        If the command cannot be started at all.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        log: LogSink,
        grace: float = 5.0,
        inherit: Sequence[int] = (),
        namespace: Namespace | None = None,
    ) -> None:
        self._status, status = os.pipe()
        self._token = f"{os.environ.get(OWNER_VARIABLE, '')}{secrets.token_hex(16)}"
        guard = [*_GUARD, str(grace), str(status), *_guarded(namespace), *command]
        try:
            self._guard = subprocess.Popen(
                guard,
                env={**environment, GROUP_VARIABLE: self._token},
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(status, *inherit),
            )
        except OSError as error:
            os.close(self._status)
            raise ContainerFailed(f"cannot start a process in {directory}: {error.strerror}") from error
        finally:
            os.close(status)
        try:
            self._output = Output(cast("BinaryIO", self._guard.stdout), log)
        except RuntimeError:  # there is no thread for it, and nobody else would end the process
            self._abandon()
            raise
        self._ending = threading.Lock()
        self._swept = False
        self._exit_code: int | None = None

    @property
    def identifier(self) -> int:
        """The process group's id."""
        return self._guard.pid

    @property
    def last_lines(self) -> list[str]:
        """The last lines of output, oldest first."""
        return self._output.tail

    def is_alive(self) -> bool:
        """Whether the command runs still; one system call."""
        if self._guard.poll() is None:
            return True
        self._sweep()
        return False

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the command's end and return its exit code, negative for a signal.

        Raises
        ------
        TimeoutError
            If it still runs after `timeout` seconds.
        """
        try:
            self._guard.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"process group {self.identifier} still runs after {timeout} s") from error
        return self._end()

    def terminate(self) -> int:
        """Ask the group to end, kill it after the grace period, and return the exit code."""
        self._guard.terminate()
        return self.wait()

    def kill(self) -> int:
        """Kill the group at once, and return the exit code."""
        if self.is_alive():
            self._signal_group()
        return self.wait()

    def _end(self) -> int:
        self._sweep()
        self._output.wait()
        with self._ending:
            if self._exit_code is None:
                cast("BinaryIO", self._guard.stdin).close()
                with os.fdopen(self._status, "rb") as status:
                    self._exit_code = int(status.read() or -signal.SIGKILL)
            return self._exit_code

    def _sweep(self) -> None:
        """Kill what has left the group, and what a guard that was itself killed has left behind; at once, before its id
        can be another's.
        """
        with self._ending:
            if not self._swept:
                self._swept = True
                self._signal_group()
                kill_members(self._token)

    def _abandon(self) -> None:
        self._signal_group()
        self._guard.wait()
        for stream in (self._guard.stdin, self._guard.stdout):
            cast("BinaryIO", stream).close()
        os.close(self._status)

    def _signal_group(self) -> None:
        try:
            os.killpg(self.identifier, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return  # nobody is left; macOS says EPERM where only zombies are


def _guarded(namespace: Namespace | None) -> tuple[str, ...]:
    """Word a namespace for the guard's command line."""
    if namespace is None:
        return "", SHARED, "", "", ""
    network, programs = SHARED if namespace.network else "own", str(namespace.programs or "")
    return str(namespace.opt_ml), network, str(namespace.root or ""), programs, namespace.mounted_at
