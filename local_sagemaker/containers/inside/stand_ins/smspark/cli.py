"""`smspark-submit`: reads its options as the image does, and runs `spark-submit` on this machine's cores.

There is no YARN here: one process, the driver, does what the executors of a cluster would. Options and their files, the
EMR classifications of `/opt/ml/processing/input/conf`, and where the event logs go, are the image's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator
from urllib.parse import urlparse

from smspark import configuration

MASTER = "local[*,4]"
"""All cores, and a task that dies is tried four times, as on YARN."""

_HINTS = {
    "No FileSystem for scheme": "Spark reads s3:// and s3a:// with hadoop-aws, which the package pyspark lacks",
    "S3AFileSystem not found": "Spark reads s3a:// with hadoop-aws, which the package pyspark lacks",
}
_INSTEAD = (
    "bring the objects in as a ProcessingInput and read file:///opt/ml/processing/…, or read them with boto3 or Arrow "
    "(Images in docs/local-mode.md)."
)


def main() -> None:
    """Submit the application, and end as it ends."""
    options = _parser().parse_args()
    command = submit_command(options)
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        logs = _event_logs(options, folder)
        configuration.write(folder / "conf", logs)
        print("running spark submit command: " + command, flush=True)
        failed = _run(command, configuration.variables(folder / "conf"))
        _publish(folder / "events", options.local_spark_event_logs_dir)
    if failed:
        sys.exit(f"spark failed with a non-zero exit code: {failed}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("smspark-submit", allow_abbrev=False, add_help=False)
    parser.add_argument("--class", dest="class_")
    for name in ("--jars", "--py-files", "--files", "--spark-event-logs-s3-uri", "--local-spark-event-logs-dir"):
        parser.add_argument(name)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("app")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def submit_command(options: argparse.Namespace) -> str:
    """Write the command as the image writes it: one line for a shell, in which a space ends an argument."""
    command = ["spark-submit", "--master", f"'{MASTER}'", "--deploy-mode", "client"]
    command += ["--class", options.class_] if options.class_ else []
    for name in ("jars", "py_files", "files"):
        given = getattr(options, name)
        if given:
            command += ["--" + name.replace("_", "-"), files_of(given)]
    command += ["--verbose"] if options.verbose else []
    return " ".join([*command, options.app, *options.arguments])


def files_of(given: str) -> str:
    """Name the files that an option means: a folder stands for the files in it.

    Raises
    ------
    SystemExit
        If a path is not absolute, or nothing is there.
    """
    return ",".join(name for path in given.split(",") for name in _files_of_one(path))


def _files_of_one(path: str) -> Iterator[str]:
    if urlparse(path).scheme in ("s3", "s3a"):
        yield path
        return
    place = Path(path[len("file://") :] if path.startswith("file://") else path)
    if not place.is_absolute():
        sys.exit(f"file path {place} must be an absolute path to a file or directory")
    if not place.exists():
        sys.exit(f"file path {place} does not exist")
    if place.is_file():
        yield str(place)
        return
    files = sorted(file for file in place.iterdir() if file.is_file())
    if not files:
        sys.exit(f"Found zero files in {place}")
    yield from map(str, files)


def _event_logs(options: argparse.Namespace, folder: Path) -> str | None:
    """Say where Spark is to write its events; None where nobody asks for them."""
    if options.spark_event_logs_s3_uri:
        return "s3a://" + str(options.spark_event_logs_s3_uri).partition("://")[2]
    if not options.local_spark_event_logs_dir:
        return None
    (folder / "events").mkdir()
    return (folder / "events").as_uri()


def _publish(events: Path, target: str | None) -> None:
    """Copy the events to where the job's output takes them from."""
    if target is None or not events.is_dir():
        return
    Path(target).mkdir(parents=True, exist_ok=True)
    for file in events.iterdir():
        if not file.name.startswith("."):
            shutil.copyfile(str(file), str(Path(target, file.name.replace(".inprogress", ""))))


def _run(command: str, variables: dict[str, str]) -> int:
    """Run a line in a shell, as the image does; say what differs here where its output shows that it is missed."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    hints: set[str] = set()
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        hints.update(hint for sign, hint in _HINTS.items() if sign in line)
    for hint in sorted(hints):
        print(f"{hint}: {_INSTEAD}", flush=True)
    return process.wait()


if __name__ == "__main__":
    main()
