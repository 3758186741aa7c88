"""Runs one command; kills what is left of it when it or the server ends.

`guard.py <grace> <status fd> <directory that is /opt/ml, or ""> <shared|own network> <one that is /, or "">
<one of programs, or ""> <where in /opt that is seen> <command…>`

The guard leads a process group of its own, in which the command and its children live. Standard input is a pipe from
the server: its end of file means that the server is gone, however it went, and then the whole group is killed. SIGTERM
asks the group to end, and kills it after `grace` seconds. When the command ends, its exit code is written to the status
pipe and what it left behind is killed. The guard always dies with its group.

Processes can leave a group, but hardly their environment: all that carry the group's token there belong to it, too.

Before all that it enters the container's namespace (`namespace.py`), if it is to have one.

Run by its path with `python -E -s -S`: it imports nothing that takes time, and works wherever POSIX does.
"""

import os
import select
import signal
import sys
import time

GROUP_VARIABLE = "SAGEMAKER_LOCAL_GROUP"
"""In the environment of everything in a group: text that no other group has."""

SHARED = "shared"
"""The word for this machine's network."""

NOT_FOUND, NO_NAMESPACE = 127, 126
"""Exit codes of what could not be started, as a shell has them."""

SEARCHES = 20
"""For processes to kill, at most: one that starts another while it is killed is found by the next search."""


def members(token: str) -> list[int]:
    """Find the processes that have a token in their environment, but for the one that asks."""
    import subprocess  # takes time, and is needed at the end only

    system = {"PATH": f"/usr/bin:/bin:{os.environ.get('PATH', '')}"}
    command = ["ps", "axeww", "-o", "pid=,command="]
    try:
        listing = subprocess.run(command, env=system, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return []
    mark = f"{GROUP_VARIABLE}={token}".encode()
    found = [int(line.split(None, 1)[0]) for line in listing.stdout.splitlines() if mark in line]
    return [pid for pid in found if pid != os.getpid()]


def kill_members(token: str) -> None:
    """Kill whatever has a token in its environment, until nothing has."""
    for _ in range(SEARCHES):
        found = members(token)
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        if not found:
            return


def spawn(command: list[str], status: int) -> int:
    """Start the command with an empty standard input, without the guard's own descriptors."""
    os.set_inheritable(status, False)
    null = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    return os.posix_spawnp(command[0], command, os.environ, file_actions=null, setsigdef=[signal.SIGPIPE])


def kill_group() -> None:
    """Kill everything in the group, the guard included."""
    os.killpg(0, signal.SIGKILL)


def ask_group() -> None:
    """Ask everything in the group but the guard to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def watch(child: int, grace: float, status: int, signals: int) -> None:
    """Wait for the command's end, the server's end or a SIGTERM, and act on it."""
    deadline: float | None = None
    while True:
        remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
        readable, _, _ = select.select([sys.stdin.fileno(), signals], [], [], remaining)
        if sys.stdin.fileno() in readable:
            kill_members(os.environ[GROUP_VARIABLE])  # the server is gone: nobody else will
            return kill_group()
        if not readable:
            return kill_group()
        received = os.read(signals, 512)
        ended, wait_status = os.waitpid(child, os.WNOHANG)
        if ended:
            os.write(status, str(os.waitstatus_to_exitcode(wait_status)).encode())
            return kill_group()
        if deadline is None and signal.SIGTERM in received:
            deadline = time.monotonic() + grace
            ask_group()


def enter(opt_ml: str, network: str, root: str, programs: list[str], status: int) -> None:
    """Enter the container's namespace, and its root folder if it has one of its own; without them nothing is run."""
    import namespace  # type: ignore[import-not-found]  # the guard's path is its folder, not this package

    try:
        namespace.enter(opt_ml, network == SHARED, *programs)
        if root:
            import root as own_root  # type: ignore[import-not-found]

            own_root.enter(root)
    except OSError as error:
        os.write(status, str(NO_NAMESPACE).encode())
        sys.exit(f"cannot give the container its own {namespace.OPT_ML}: {error.strerror}")


def main(grace: float, status: int, namespace: list[str], command: list[str]) -> None:
    opt_ml, network, root, *programs = namespace
    if opt_ml:
        enter(opt_ml, network, root, programs, status)
    signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        child = spawn(command, status)
    except OSError as error:
        os.write(status, str(NOT_FOUND).encode())
        sys.exit(f"cannot start {command[0]}: {error.strerror}")
    watch(child, grace, status, signals)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:8], sys.argv[8:])
