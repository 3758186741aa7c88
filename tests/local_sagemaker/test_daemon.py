"""Starting, finding and stopping the server process."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_sagemaker import daemon
from local_sagemaker.daemon import RunningServer
from local_sagemaker.errors import LocalServerError
from local_sagemaker.lock import Lock
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import client_of
from tests.local_sagemaker.wire import connect, exchange


def _ended(state: StateDirectory) -> bool:
    lock = Lock(state.server_lock)
    free = lock.acquire()
    lock.release()
    return free


def test_nothing_is_found_where_nothing_runs(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    assert daemon.find(state) is None
    assert daemon.stop(state) is False
    assert not state.root.exists()


def test_started_server_is_found_and_stopped(own_state: StateDirectory) -> None:
    server = daemon.ensure_running(own_state)
    assert daemon.find(own_state) == server
    assert daemon.ensure_running(own_state) == server
    assert daemon.stop(own_state) is True
    assert daemon.find(own_state) is None
    assert _ended(own_state)
    assert not own_state.server_file.exists()


def test_everything_kept_is_private(server: RunningServer, state: StateDirectory) -> None:
    assert state.root.stat().st_mode & 0o777 == 0o700
    files = [path for path in state.root.iterdir() if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_two_commands_at_once_get_the_same_server(own_state: StateDirectory) -> None:
    with ThreadPoolExecutor(4) as executor:
        servers = list(executor.map(daemon.ensure_running, [own_state] * 4))
    assert len({server.pid for server in servers}) == 1


def test_second_server_on_the_same_state_is_refused(server: RunningServer, state: StateDirectory) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "local_sagemaker", "--state", str(state.root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.strip() == f"another server (process {server.pid}) already serves {state.root}"
    assert daemon.find(state) == server


def test_two_states_have_servers_of_their_own(server: RunningServer, own_state: StateDirectory) -> None:
    other = daemon.ensure_running(own_state)
    assert (other.pid, other.url) != (server.pid, server.url)
    client_of(other, "s3").create_bucket(Bucket="only-here")
    names = [entry["Name"] for entry in client_of(server, "s3").list_buckets()["Buckets"]]
    assert "only-here" not in names


@pytest.mark.long
def test_restarted_server_has_the_same_url(own_state: StateDirectory) -> None:
    first = daemon.ensure_running(own_state)
    daemon.stop(own_state)
    second = daemon.ensure_running(own_state)
    assert first.url == second.url
    assert first.pid != second.pid


@pytest.mark.long
def test_server_has_the_same_url_after_a_kill_with_open_connections(own_state: StateDirectory) -> None:
    first = daemon.ensure_running(own_state)
    connection = connect(first)
    exchange(connection, "GET", "/_local/health")
    os.kill(first.pid, signal.SIGKILL)
    assert daemon.ensure_running(own_state).url == first.url
    connection.close()


def test_taken_port_is_named(own_state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("SAGEMAKER_LOCAL_PORT", str(port))
        with pytest.raises(LocalServerError, match=rf"did not start: port {port} cannot be used.*in use"):
            daemon.ensure_running(own_state)


def test_port_can_be_chosen(own_state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("SAGEMAKER_LOCAL_PORT", str(port))
    assert daemon.ensure_running(own_state).url == f"http://127.0.0.1:{port}"


def test_port_that_is_no_number_is_named(own_state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_LOCAL_PORT", "http")
    with pytest.raises(LocalServerError, match="SAGEMAKER_LOCAL_PORT is 'http'"):
        daemon.ensure_running(own_state)


def test_place_that_cannot_hold_state_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalServerError, match=r"cannot hold the local SageMaker's state: Not a directory"):
        daemon.ensure_running(StateDirectory(tmp_path / "file" / "state"))


def test_damaged_state_is_named(own_state: StateDirectory) -> None:
    own_state.create()
    own_state.database.write_bytes(b"this is no database, and it is long enough to look at")
    with pytest.raises(LocalServerError, match=r"did not start: .*state\.sqlite is damaged"):
        daemon.ensure_running(own_state)


def test_server_file_of_a_dead_server_is_not_believed(own_state: StateDirectory, server: RunningServer) -> None:
    own_state.create()
    port = int(server.url.rpartition(":")[2])
    own_state.server_file.write_text(json.dumps({"pid": server.pid, "port": port}))
    assert daemon.find(own_state) is None


def test_killed_server_is_started_again(own_state: StateDirectory) -> None:
    first = daemon.ensure_running(own_state)
    os.kill(first.pid, signal.SIGKILL)
    assert daemon.ensure_running(own_state).pid != first.pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_a_server_in_the_foreground(own_state: StateDirectory, number: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-m", "local_sagemaker", "--state", str(own_state.root)])
    while daemon.find(own_state) is None:
        assert process.poll() is None
    process.send_signal(number)
    assert process.wait(timeout=20) == 0
    assert _ended(own_state)


def test_hanging_server_is_killed(own_state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    server = daemon.ensure_running(own_state)
    os.kill(server.pid, signal.SIGSTOP)
    monkeypatch.setattr(daemon, "_STOP_SECONDS", 0.2)
    assert daemon.stop(own_state) is True
    assert _ended(own_state)


def test_command_waits_for_a_server_that_is_stopping(own_state: StateDirectory) -> None:
    own_state.create()
    with own_state.server_lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        found: list[RunningServer] = []
        waiting = threading.Thread(target=lambda: found.append(daemon.ensure_running(own_state)))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join()
    assert len(found) == 1


def test_environment_points_clients_at_the_server(server: RunningServer) -> None:
    environment = daemon.client_environment(server)
    assert environment["AWS_ENDPOINT_URL"] == server.url
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "us-east-1"
    assert daemon.client_environment(server, "eu-west-1")["AWS_REGION"] == "eu-west-1"


def test_finding_a_server_imports_the_standard_library_only(server: RunningServer) -> None:
    program = (
        "import sys; from pathlib import Path; from local_sagemaker import daemon; from local_sagemaker.state import *;"
        "before = daemon.find(StateDirectory(Path(sys.argv[1])));"
        "print(before.pid, *sys.modules.keys() & {'boto3', 'botocore', 'cheroot', 'requests', 'numpy', 'pandas'})"
    )
    output = subprocess.run(
        [sys.executable, "-c", program, str(server.state)], capture_output=True, text=True, check=True
    ).stdout
    assert output.split() == [str(server.pid)]
