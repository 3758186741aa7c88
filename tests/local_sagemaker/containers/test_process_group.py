"""Process groups: they end as a whole, and never outlive the process that owns them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.containers.inside.guard import GROUP_VARIABLE
from local_sagemaker.containers.process_group import ProcessGroup
from tests.local_sagemaker.containers.serving_containers import eventually, is_running

ENVIRONMENT = {"PATH": os.environ["PATH"], "MINE": "value"}


class Groups:
    """Starts groups whose output is kept in `said`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: list[ProcessGroup] = []
        self.said: list[str] = []

    def shell(self, script: str, grace: float = 20.0) -> ProcessGroup:
        return self.command(["/bin/sh", "-c", script], grace)

    def command(self, command: list[str], grace: float = 20.0) -> ProcessGroup:
        self._started.append(ProcessGroup(command, ENVIRONMENT, self._directory, self.said.append, grace))
        return self._started[-1]

    def numbers(self, count: int) -> list[int]:
        """The process ids that the group has printed, once they are there."""
        assert eventually(lambda: len(self.said) >= count), self.said
        return [int(line) for line in self.said[:count]]

    def end(self) -> None:
        for group in self._started:
            group.kill()


@pytest.fixture
def groups(tmp_path: Path) -> Iterator[Groups]:
    made = Groups(tmp_path)
    yield made
    made.end()


def test_exit_code_and_output_come_back(groups: Groups) -> None:
    assert groups.shell("echo out; echo err >&2; exit 7").wait() == 7
    assert groups.said == ["out", "err"]


def test_the_environment_is_what_is_given(groups: Groups) -> None:
    groups.command(["/usr/bin/env"]).wait()
    names = {line.partition("=")[0] for line in groups.said}
    assert set(ENVIRONMENT) <= names <= {*ENVIRONMENT, "LC_CTYPE", GROUP_VARIABLE}


def test_it_runs_in_the_directory_with_nothing_to_read(groups: Groups, tmp_path: Path) -> None:
    assert groups.shell("pwd -P; cat").wait() == 0
    assert groups.said == [str(tmp_path.resolve())]


def test_a_signal_is_a_negative_exit_code(groups: Groups) -> None:
    assert groups.shell("kill -SEGV $$").wait() == -signal.SIGSEGV


def test_a_command_that_is_not_there_is_said(groups: Groups) -> None:
    assert groups.command(["/does/not/exist"]).wait() == 127
    assert groups.said == ["cannot start /does/not/exist: No such file or directory"]


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContainerFailed, match="cannot start a process in"):
        ProcessGroup(["/bin/sh"], ENVIRONMENT, tmp_path / "missing", print)


def test_it_is_alive_until_it_ends(groups: Groups) -> None:
    group = groups.shell("exec sleep 60")
    assert group.is_alive()
    with pytest.raises(TimeoutError):
        group.wait(0.05)
    group.kill()
    assert not group.is_alive()


def test_what_the_command_leaves_behind_goes_with_it(groups: Groups) -> None:
    group = groups.shell("sleep 60 & echo $!; exit 0")
    assert group.wait() == 0
    (left,) = groups.numbers(1)
    assert eventually(lambda: not is_running(left))


def test_terminate_lets_the_command_say_goodbye(groups: Groups) -> None:
    group = groups.shell("trap 'echo bye; exit 4' TERM; echo 0; sleep 60 & wait")
    groups.numbers(1)
    assert group.terminate() == 4
    assert groups.said[-1] == "bye"


def test_terminate_reaches_grandchildren(groups: Groups) -> None:
    group = groups.shell("trap : TERM; sh -c 'trap \"echo inner; exit\" TERM; echo 0; sleep 60 & wait' & wait; wait")
    groups.numbers(1)
    group.terminate()
    assert "inner" in groups.said


def test_terminate_kills_what_does_not_listen(groups: Groups) -> None:
    group = groups.shell("trap '' TERM; echo $$; sleep 60; sleep 60", grace=0.2)
    (deaf,) = groups.numbers(1)
    assert group.terminate() == -signal.SIGKILL
    assert eventually(lambda: not is_running(deaf))


def test_kill_is_at_once_and_whole(groups: Groups) -> None:
    group = groups.shell("trap '' TERM; sleep 60 & echo $!; echo $$; wait")
    pids = groups.numbers(2)
    assert group.kill() == -signal.SIGKILL
    assert eventually(lambda: not any(map(is_running, pids)))


def test_ending_twice_does_no_harm(groups: Groups) -> None:
    group = groups.shell("exit 3")
    assert group.wait() == group.kill() == group.terminate() == group.wait() == 3


def test_a_killed_guard_takes_its_group_along(groups: Groups) -> None:
    group = groups.shell("sleep 60 & echo $!; wait")
    (left,) = groups.numbers(1)
    os.kill(group.identifier, signal.SIGKILL)
    assert eventually(lambda: not group.is_alive())
    assert eventually(lambda: not is_running(left))
    assert group.wait() == -signal.SIGKILL


DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        os.close(1), os.close(2)
        time.sleep(60)
    os._exit(0)
os.wait()
{end}
"""


def daemon(end: str) -> list[str]:
    """A command that leaves a process behind in a session of its own, whose parent is gone."""
    return [sys.executable, "-c", DAEMON.format(end=end)]


@pytest.mark.parametrize("end", ["time.sleep(60)", "pass"])
def test_a_process_that_left_the_group_goes_too(groups: Groups, end: str) -> None:
    group = groups.command(daemon(end))
    (left,) = groups.numbers(1)
    assert end == "pass" or is_running(left)
    group.kill()
    assert not is_running(left)


OWNER = """
    import os, sys, time
    from pathlib import Path
    from local_sagemaker.containers.process_group import ProcessGroup

    script = "trap '' TERM; sleep 60 & echo $!; sh -c 'echo $$; sleep 60' & wait"
    group = ProcessGroup(["/bin/sh", "-c", script], dict(os.environ), Path("."), lambda line: print(line, flush=True))
    print(group.identifier, flush=True)
    {end}
"""


@pytest.mark.parametrize("end", ["time.sleep(60)", "group.wait()"])
def test_everything_goes_when_the_owner_is_killed(end: str) -> None:
    with subprocess.Popen([sys.executable, "-c", dedent(OWNER).format(end=end)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pids = [int(owner.stdout.readline()) for _ in range(3)]
        assert all(map(is_running, pids))
        owner.kill()
    assert eventually(lambda: not any(map(is_running, pids)))


def test_everything_goes_when_the_owner_just_ends() -> None:
    code = dedent(OWNER).format(end="os._exit(0)")
    owner = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, timeout=30)
    guard = int(owner.stdout.split()[0])
    assert eventually(lambda: not is_running(guard))


LEAVING_OWNER = """
    import os, sys, time
    from pathlib import Path
    from local_sagemaker.containers.process_group import ProcessGroup

    ProcessGroup({command!r}, dict(os.environ), Path("."), lambda line: print(line, flush=True))
    time.sleep(60)
"""


def test_a_process_that_left_the_group_goes_when_the_owner_is_killed() -> None:
    code = dedent(LEAVING_OWNER).format(command=daemon("time.sleep(60)"))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        left = int(owner.stdout.readline())
        assert is_running(left)
        owner.kill()
    assert eventually(lambda: not is_running(left))


def test_a_group_whose_output_nobody_could_read_is_not_left_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remember(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        return started[-1]

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(subprocess, "Popen", remember)
    monkeypatch.setattr("local_sagemaker.containers.process_group.Output", refuse)
    with pytest.raises(RuntimeError):
        ProcessGroup(["/bin/sleep", "600"], ENVIRONMENT, tmp_path, lambda _: None)
    assert started[0].returncode == -signal.SIGKILL
    assert all(stream is not None and stream.closed for stream in (started[0].stdin, started[0].stdout))
