"""Namespaces: each container has an /opt/ml of its own, and the rest of the machine as it is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_sagemaker.containers import namespaces
from local_sagemaker.containers.namespaces import Namespace
from local_sagemaker.containers.process_group import ProcessGroup
from tests.local_sagemaker.containers.serving_containers import eventually, is_running
from tests.local_sagemaker.marks import own_opt_ml

ENVIRONMENT = {"PATH": os.environ["PATH"]}

WITHOUT_SYS_ADMIN = (
    "import ctypes, os, sys\n"
    "assert os.geteuid() != 0 or ctypes.CDLL(None).prctl(24, 21, 0, 0, 0) == 0\n"  # PR_CAPBSET_DROP, CAP_SYS_ADMIN
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""Runs Python without the capability to make namespaces, which leaves user namespaces."""


def run(script: str, opt_ml: Path, network: bool = True, directory: Path | None = None) -> list[str]:
    """Run a shell script in a namespace and return what it said."""
    said: list[str] = []
    group = ProcessGroup(
        ["/bin/sh", "-c", script], ENVIRONMENT, directory or opt_ml, said.append, namespace=Namespace(opt_ml, network)
    )
    assert group.wait() == 0, said
    return said


@contextmanager
def fresh_answer() -> Iterator[None]:
    """Have it tried anew whether there are namespaces, and again afterwards."""
    namespaces.unavailable.cache_clear()
    try:
        yield
    finally:
        namespaces.unavailable.cache_clear()


@own_opt_ml
def test_the_directory_is_opt_ml(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    run("echo trained > /opt/ml/model/model.txt", tmp_path)
    assert (tmp_path / "model" / "model.txt").read_text() == "trained\n"


@own_opt_ml
def test_what_else_lies_in_opt_is_still_there(tmp_path: Path) -> None:
    here = {path.name: path for path in Path("/opt").iterdir()}
    assert set(run("ls -A /opt", tmp_path)) == {*here, "ml"}
    for path in here.values():
        if path.is_dir() and path.name != "ml":
            assert set(run(f"ls -A '{path}'", tmp_path)) == {below.name for below in path.iterdir()}


@own_opt_ml
def test_nothing_of_it_is_seen_outside(tmp_path: Path) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    here = Path("/opt/ml").exists()
    run("touch /opt/ml/there", tmp_path)
    assert Path("/opt/ml").exists() is here
    assert Path("/proc/self/mountinfo").read_text() == before


@own_opt_ml
def test_two_containers_at_once_do_not_meet(tmp_path: Path) -> None:
    said: list[list[str]] = [[], []]
    bases = [tmp_path / "one", tmp_path / "two"]
    for base in bases:
        base.mkdir()
    script = "touch /opt/ml/$0; until [ -e /opt/ml/go ]; do sleep 0.01; done; ls /opt/ml"
    groups = [
        ProcessGroup(
            ["/bin/sh", "-c", script, base.name], ENVIRONMENT, base, said[place].append, namespace=Namespace(base)
        )
        for place, base in enumerate(bases)
    ]
    assert eventually(lambda: all((base / base.name).exists() for base in bases)), said
    for base in bases:
        (base / "go").touch()
    assert [group.wait() for group in groups] == [0, 0]
    assert said == [["go", "one"], ["go", "two"]]


@own_opt_ml
def test_a_working_directory_within_has_its_path_below_opt_ml(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    assert run("pwd -P", tmp_path, directory=tmp_path / "code") == ["/opt/ml/code"]
    assert run("pwd -P", tmp_path, directory=tmp_path) == ["/opt/ml"]
    assert run("pwd -P", tmp_path, directory=Path("/")) == ["/"]


@own_opt_ml
def test_a_root_of_its_own_is_the_working_directory_and_can_be_written_to(tmp_path: Path) -> None:
    base, root, said = tmp_path / "ml", tmp_path / "root", list[str]()
    for directory in (base, root):
        directory.mkdir()
    here = {path.name for path in Path("/").iterdir()}
    script = "pwd; ls -A /; echo kept > by-name.txt; echo seen > opt/ml/there.txt; ls " + str(root) + "/usr"
    command = ["/bin/sh", "-c", script]
    ProcessGroup(command, ENVIRONMENT, root, said.append, namespace=Namespace(base, root=root)).wait()
    assert said[0] == "/"
    assert set(said[1:]) == here, "the root of the machine, which is not mounted within itself again"
    assert (root / "by-name.txt").read_text() == "kept\n"
    assert (base / "there.txt").read_text() == "seen\n"
    assert not Path("/by-name.txt").exists()


@own_opt_ml
def test_isolation_leaves_a_loopback_of_its_own(tmp_path: Path) -> None:
    script = """
import socket
with socket.create_server(("127.0.0.1", 0)) as own, socket.create_connection(own.getsockname()):
    print("loopback")
for address in (("127.0.0.1", {port}), ("192.0.2.1", 80)):
    try:
        socket.create_connection(address, timeout=5).close()
        print("reached", address)
    except OSError as error:
        print(type(error).__name__)
"""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        (tmp_path / "reach.py").write_text(script.replace("{port}", str(listening.getsockname()[1])))
        said = run(f"exec {sys.executable} -I reach.py", tmp_path, network=False)
        assert said[:2] == ["loopback", "ConnectionRefusedError"]
        assert said[2] == "OSError"  # Network is unreachable
        said = run(f"exec {sys.executable} -I reach.py", tmp_path)
        assert said[1].startswith("reached")


@own_opt_ml
def test_an_opt_ml_that_is_there_already_is_covered(tmp_path: Path) -> None:
    script = Path(namespaces.__file__).with_name("inside") / "namespace.py"
    run(f"mkdir /opt/ml/within; exec {sys.executable} -I -S {script} /opt/ml/within", tmp_path)


@own_opt_ml
def test_a_user_who_is_not_root_gets_it_by_a_user_namespace(tmp_path: Path) -> None:
    script = Path(namespaces.__file__).with_name("inside") / "namespace.py"
    command = [sys.executable, "-c", WITHOUT_SYS_ADMIN, "-I", "-S", str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@own_opt_ml
def test_who_leaves_the_group_in_a_user_namespace_is_killed_too(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from local_sagemaker.containers.namespaces import Namespace
from local_sagemaker.containers.process_group import ProcessGroup
base = Path({str(tmp_path)!r})
group = ProcessGroup(
    ["/bin/sh", "-c", "readlink /proc/self/ns/user; setsid sleep 600 & echo $!; sleep 600"],
    {{"PATH": "/usr/bin:/bin"}}, base, lambda line: print(line, flush=True), namespace=Namespace(base))
sys.stdin.readline()
group.kill()
"""
    command = [sys.executable, "-c", WITHOUT_SYS_ADMIN, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline().strip() != str(Path("/proc/self/ns/user").readlink())
        left = int(process.stdout.readline())
        assert is_running(left)
        process.stdin.write("\n")
        process.stdin.flush()
        assert eventually(lambda: not is_running(left))


@own_opt_ml
def test_what_cannot_be_mounted_is_said_and_nothing_runs(tmp_path: Path) -> None:
    said: list[str] = []
    namespace = Namespace(tmp_path / "missing")
    group = ProcessGroup(["/bin/echo", "ran"], ENVIRONMENT, tmp_path, said.append, namespace=namespace)
    assert group.wait() == 126
    assert said == ["cannot give the container its own /opt/ml: No such file or directory"]


def test_they_are_tried_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []
    monkeypatch.setattr(namespaces, "_tried", lambda: tries.append(1))
    monkeypatch.delenv(namespaces.VARIABLE, raising=False)
    with fresh_answer():
        threads = [threading.Thread(target=namespaces.unavailable) for _ in range(2)]
        namespaces.unavailable()
        for thread in threads:
            thread.start()
            thread.join()
        assert len(tries) <= 1


def test_they_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(namespaces.VARIABLE, "off")
    with fresh_answer():
        assert namespaces.unavailable() == "SAGEMAKER_LOCAL_NAMESPACES is off"


@pytest.mark.parametrize(
    "said",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/tf_idf_vocab.pkl'",
        "OSError: Cannot save file into a non-existent directory: '/opt/ml/processing/train'",
        "cat: /opt/ml/input/config/resourceconfig.json: No such file or directory",
        "PermissionError: [Errno 13] Permission denied: '/opt/ml'",
    ],
)
def test_an_end_for_want_of_opt_ml_is_explained(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(namespaces.VARIABLE, "off")
    with fresh_answer():
        assert "SAGEMAKER_LOCAL_NAMESPACES is off" in namespaces.hint(said)
        assert namespaces.hint("FileNotFoundError: [Errno 2] No such file or directory: 'train.csv'") == ""
        assert namespaces.hint("ValueError: /opt/ml/model holds no model") == ""
