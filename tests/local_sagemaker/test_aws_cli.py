"""The real aws command line, with nothing but the environment that `python -m pipeline local env` prints.

Starting it costs most of its time, so one process of it runs the commands of a test one after the other.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_sagemaker.daemon import RunningServer, client_environment
from tests.local_sagemaker.wire import send

Aws = Callable[..., list[str]]

_SEPARATOR = "=== next command ==="
_RUN_ALL = f"""
import shlex, sys
from awscli.clidriver import create_clidriver
for line in sys.stdin:
    code = create_clidriver().main(shlex.split(line))
    if code:
        sys.exit(f"{{line}} ended with {{code}}")
    print("{_SEPARATOR}", flush=True)
"""


@pytest.fixture
def environment(server: RunningServer) -> Mapping[str, str]:
    """The environment of a shell that points at the server."""
    nothing_of_the_users = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": ""}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**inherited, **client_environment(server), **nothing_of_the_users}


@pytest.fixture
def aws(environment: Mapping[str, str], tmp_path: Path) -> Aws:
    """Runs commands in the temporary directory and returns what each printed."""

    def run(*commands: str) -> list[str]:
        completed = subprocess.run(
            [sys.executable, "-c", _RUN_ALL],
            cwd=tmp_path,
            env=dict(environment),
            input="\n".join(commands),
            capture_output=True,
            text=True,
            check=False,
        )
        assert completed.returncode == 0, completed.stderr
        return completed.stdout.split(f"{_SEPARATOR}\n")[:-1]

    return run


def test_s3_commands_from_making_a_bucket_to_removing_it(
    aws: Aws, server: RunningServer, s3: Any, tmp_path: Path
) -> None:
    name = f"cli-{uuid.uuid4().hex[:12]}"
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "one.txt").write_text("one")
    (folder / "below" / "zwei ü.txt").write_text("zwei")
    (tmp_path / "large.bin").write_bytes(os.urandom(9_000_000))

    _, _, first_sync, second_sync, listed, _, _, url, *_ = aws(
        f"s3 mb s3://{name}",
        f"s3 cp large.bin s3://{name}/large.bin",
        f"s3 sync folder s3://{name}/folder",
        f"s3 sync folder s3://{name}/folder --size-only",
        f"s3 ls --recursive s3://{name}",
        f"s3 mv s3://{name}/large.bin s3://{name}/moved.bin",
        f"s3 cp s3://{name}/moved.bin back.bin",
        f"s3 presign s3://{name}/folder/one.txt",
        f"s3 rm --recursive s3://{name}/folder",
    )
    assert first_sync.count("upload:") == 2
    assert second_sync == ""
    assert [line.split(maxsplit=3)[2:] for line in listed.splitlines()] == [
        ["4", "folder/below/zwei ü.txt"],
        ["3", "folder/one.txt"],
        ["9000000", "large.bin"],
    ]
    assert (tmp_path / "back.bin").read_bytes() == (tmp_path / "large.bin").read_bytes()
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=name)["Contents"]] == ["moved.bin"]
    s3.put_object(Bucket=name, Key="folder/one.txt", Body=b"one")
    place = urlsplit(url.strip())
    assert send(server, "GET", f"{place.path}?{place.query}").body == b"one"
    aws(f"s3 rb --force s3://{name}")
    assert name not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_other_services_answer(aws: Aws) -> None:
    group = f"/cli/{uuid.uuid4().hex[:12]}"
    _, groups, caller, endpoints = aws(
        f"logs create-log-group --log-group-name {group}",
        "logs describe-log-groups --query logGroups[].logGroupName",
        "sts get-caller-identity",
        "sagemaker list-endpoints",
    )
    assert group in groups
    assert "123456789012" in caller
    assert "Endpoints" in endpoints


def test_command_itself_finds_the_server(environment: Mapping[str, str], bucket: str) -> None:
    command = [sys.executable, str(Path(sys.executable).with_name("aws")), "s3", "ls"]
    assert bucket in subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True).stdout


def test_alarms_and_metrics(aws: Aws) -> None:
    place = "--namespace Own --metric-name Errors"
    how = "--statistic Sum --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold"
    *_, found, listed, _ = aws(
        f"cloudwatch put-metric-alarm --alarm-name by-cli {place} {how} --dimensions Name=Place,Value=here",
        f"cloudwatch put-metric-data {place} --value 2 --dimensions Place=here",
        "cloudwatch set-alarm-state --alarm-name by-cli --state-value ALARM --state-reason rehearsal",
        "cloudwatch describe-alarms --alarm-names by-cli --query MetricAlarms[0].StateValue --output text",
        f"cloudwatch list-metrics {place} --query Metrics[0].Dimensions[0].Value --output text",
        "cloudwatch delete-alarms --alarm-names by-cli",
    )
    assert (found.strip(), listed.strip()) == ("ALARM", "here")
