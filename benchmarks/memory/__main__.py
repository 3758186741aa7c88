"""`python -m benchmarks.memory -- COMMAND…`: run a command of the pipeline, and print the peaks as JSON.

The local SageMaker that the command works with is the one of `SAGEMAKER_LOCAL_STATE`, and has to be up before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from local_sagemaker.daemon import find
from local_sagemaker.state import StateDirectory

_SECONDS = 0.1


def main(command: list[str]) -> int:
    """Run `command` and sample resident memory until it ends."""
    server = find(StateDirectory.default())
    if server is None:
        sys.exit("The local SageMaker is not up: python -m pipeline local up")
    peaks: dict[str, int] = {"driver": 0, "server": 0, "largest_container": 0, "all_containers": 0}
    began = time.monotonic()
    with subprocess.Popen(command) as driver:
        while driver.poll() is None:
            _sample(peaks, driver.pid, server.pid)
            time.sleep(_SECONDS)
    found = {f"{name}_mb": round(kilobytes / 1024, 1) for name, kilobytes in peaks.items()}
    print(json.dumps({**found, "seconds": round(time.monotonic() - began, 1), "exit_code": driver.returncode}))
    return driver.returncode


def _sample(peaks: dict[str, int], driver: int, server: int) -> None:
    parents = dict(_parents())
    containers = [_kilobytes(pid) for pid in parents if pid != server and server in _ancestors(pid, parents)]
    seen = {
        "driver": _kilobytes(driver),
        "server": _kilobytes(server),
        "largest_container": max(containers, default=0),
        "all_containers": sum(containers),
    }
    for name, kilobytes in seen.items():
        peaks[name] = max(peaks[name], kilobytes)


def _parents() -> Iterator[tuple[int, int]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            continue


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while (pid := parents.get(pid, 0)) > 1:
        yield pid


def _kilobytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.split("\n") if line.startswith("VmRSS:")), 0)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(arguments[1:] if arguments[:1] == ["--"] else arguments))
