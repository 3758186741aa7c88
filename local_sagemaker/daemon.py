"""Starts, finds and stops the server process of a state directory. Commands that only look must stay quick, so nothing
but the standard library is imported here.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_sagemaker import fingerprint
from local_sagemaker.clients.variables import client_variables
from local_sagemaker.errors import LocalServerError
from local_sagemaker.lock import Lock
from local_sagemaker.state import StateDirectory

REGION = "us-east-1"
_IMPORTABLE_FROM = Path(__file__).resolve().parents[1]
RELOAD_VARIABLE = "SAGEMAKER_LOCAL_RELOAD"
"""For the server: a JSON object of folders by `<endpoint>`, or `<endpoint>/<container's hostname>` in a pipeline."""
_MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(2**20)}
"""For Linux's C library, which else gives each few threads an arena of their own, and none of them back; and keeps what
large bodies took, in pieces that the next ones do not fit into."""

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_HEALTH_SECONDS = 5.0
_POLL_SECONDS = 0.02
_LARGEST_LOG = 10_000_000


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where a server listens, its process, and the state directory that it serves."""

    url: str
    pid: int
    state: Path
    code: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What it says of the code that it was started with (`fingerprint`); servers of earlier versions say nothing."""


def find(state: StateDirectory) -> RunningServer | None:
    """Return the directory's server if it runs and answers."""
    try:
        entry = json.loads(state.server_file.read_text())
        health = _health(entry["port"])
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return None
    if health.get("state") != str(state.root) or health.get("pid") != entry.get("pid"):
        return None  # somebody else's server has taken the port since
    return RunningServer(f"http://127.0.0.1:{entry['port']}", entry["pid"], state.root, health.get("code", {}))


def ensure_running(state: StateDirectory) -> RunningServer:
    """Return the directory's server, started when it does not run. Two callers at once get the same one.

    Raises
    ------
    LocalServerError
        If it cannot be started; the message has the reason that the server gave.
    """
    with _start_locked(state):
        return _find_or_wait(state) or _start(state)


def stop(state: StateDirectory) -> bool:
    """Stop the server and wait until it and all that it started are gone.

    Returns
    -------
    bool
        False if no server ran.

    Raises
    ------
    LocalServerError
        If it does not end.
    """
    if not state.server_lock.exists():
        return False
    with _start_locked(state):
        lock = Lock(state.server_lock)
        if lock.acquire():
            lock.release()
            return False
        _end(state, lock)
        return True


def other_code(server: RunningServer, down: str = "`local-sagemaker down`") -> str | None:
    """Return a line on a server that was started with other code than lies here; None where it is this code's.

    It is not stopped: whoever uses it may be in the middle of something, and it may be another checkout's.

    Parameters
    ----------
    server : RunningServer
        The server.
    down : str
        The command that stops it, as the reader knows it.
    """
    if fingerprint.is_todays(server.code):
        return None
    return (
        f"note: the local SageMaker (process {server.pid}) still runs the code that it was started with, which is not "
        f"today's: {down} stops it, and the next command starts today's; its endpoints come back."
    )


def no_own_opt_ml(server: RunningServer) -> str | None:
    """Return why the server's containers have no `/opt/ml` of their own; None where they have."""
    return _health(int(server.url.rpartition(":")[2])).get("no_own_opt_ml")


def client_environment(server: RunningServer, region: str = REGION) -> dict[str, str]:
    """Return the environment variables that point AWS clients at a server.

    Parameters
    ----------
    server : RunningServer
        The server.
    region : str
        The region of the clients; any will do.
    """
    return client_variables(server.url, region, os.environ)


def region_of_this_shell() -> str:
    """Return the region that the environment names, else us-east-1."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or REGION


@contextlib.contextmanager
def _start_locked(state: StateDirectory) -> Iterator[None]:
    try:
        state.create()
        lock = Lock(state.start_lock)
        lock.wait()
    except OSError as error:
        raise LocalServerError(
            f"{state.root} cannot hold the local SageMaker's state: {error.strerror}. Name another directory in "
            f"SAGEMAKER_LOCAL_STATE."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _find_or_wait(state: StateDirectory) -> RunningServer | None:
    """Return the server that runs, None when there is none. One that is just starting or stopping is waited for."""
    lock = Lock(state.server_lock)
    found = _wait_for(lambda: find(state) or lock.acquire() or None, _STOP_SECONDS)
    lock.release()
    if found is None:
        raise LocalServerError(
            "the local SageMaker does not answer; `local-sagemaker down` (in a checkout: `make local-down`) ends it. "
            f"See {state.log_file}"
        )
    return found if isinstance(found, RunningServer) else None


def _start(state: StateDirectory) -> RunningServer:
    _make_room_for_log(state.log_file)
    with state.log_file.open("ab") as log:
        state.log_file.chmod(0o600)
        began = log.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "local_sagemaker", "--state", str(state.root)],
            cwd=_IMPORTABLE_FROM,
            env={**_MEMORY, **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = _wait_for(lambda: find(state) or (_DEAD if process.poll() is not None else None), _START_SECONDS)
    if server is _DEAD:
        server = _find_or_wait(state) or _DEAD  # somebody else's server may have been quicker
    if isinstance(server, RunningServer):
        threading.Thread(target=process.wait, daemon=True).start()  # if it ends before us, it leaves no zombie
        return server
    if server is None:
        process.kill()
        process.wait()
        raise LocalServerError(
            f"the local SageMaker did not answer within {_START_SECONDS:.0f} s; see {state.log_file}"
        )
    raise LocalServerError(f"the local SageMaker did not start: {_last_line(state.log_file, began)}")


_DEAD = object()


def _end(state: StateDirectory, lock: Lock) -> None:
    pid = _wait_for(lambda: _pid(state), _HEALTH_SECONDS)
    if pid is None:
        raise LocalServerError(f"{state.server_lock} is held by a process that does not say which it is")
    for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _HEALTH_SECONDS)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if _wait_for(lambda: lock.acquire() or None, seconds):
            lock.release()
            state.server_file.unlink(missing_ok=True)
            return
    raise LocalServerError(f"the local SageMaker (process {pid}) does not end; see {state.log_file}")


def _pid(state: StateDirectory) -> int | None:
    """Read the pid of the process that holds the server lock: the first thing it does is to write it there."""
    text = state.server_lock.read_text()
    return int(text) if text else None


def _health(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", "/_local/health")
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}


def _wait_for(look: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (seen := look()) is not None:
            return seen
        time.sleep(_POLL_SECONDS)
    return None


def _make_room_for_log(log_file: Path) -> None:
    if log_file.exists() and log_file.stat().st_size > _LARGEST_LOG:
        log_file.replace(log_file.with_suffix(".log.1"))


def _last_line(log_file: Path, began: int) -> str:
    with log_file.open("rb") as log:
        log.seek(began)
        lines = [line for line in log.read().decode(errors="replace").split("\n") if line.strip()]
    return lines[-1] if lines else f"it ended without a word; see {log_file}"
