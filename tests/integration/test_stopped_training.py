"""`train` stopped in either job and begun again: it goes on from what had been counted, to the same bytes."""

from __future__ import annotations

import io
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_sagemaker import daemon
from local_sagemaker.state import StateDirectory
from tests.container_sources import CLASSIFIER, PREPROCESSOR
from tests.integration.conftest import CHECKOUT, Shell

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

IN_SMALL_STEPS = {
    PREPROCESSOR: {
        "preprocessor/job/training_texts.py": ("LARGE = 128 * 2**20", "LARGE = 0"),
        "preprocessor/streaming/chunks.py": ("CHUNK_BYTES = 4 * 2**20", "CHUNK_BYTES = 2**15"),
        "preprocessor/streaming/count_runs.py": ("RUN_SECONDS = 60.0", "RUN_SECONDS = 0.0"),
    },
    CLASSIFIER: {
        "classifier/job/fitting.py": ("LARGE = 256 * 2**20", "LARGE = 0"),
        "classifier/job/streamed_fit.py": ("CHECKPOINT_SECONDS = 30.0", "CHECKPOINT_SECONDS = 0.0"),
    },
}
"""What has the jobs read a few megabytes in chunks, and note each."""
COMMAND = """
import sys
from pathlib import Path
from pipeline.__main__ import main
from pipeline.jobs import training_job
pack, folders = training_job.tarball, Path(sys.argv[1])
training_job.tarball = lambda folder: pack(folders / folder.name)
del sys.argv[1]
main()
"""


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Shell]:
    """A shell with a local SageMaker of its own, beside the containers' sources as they are to be shipped."""
    for folder, changes in IN_SMALL_STEPS.items():
        shutil.copytree(folder, tmp_path / "sources" / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
        for name, (before, after) in changes.items():
            path = tmp_path / "sources" / folder.name / name
            text = path.read_text(encoding="utf-8")
            assert text.count(before) == 1
            path.write_text(text.replace(before, after), encoding="utf-8")
    user = Shell(tmp_path / "state", "stopped")
    yield user
    user.pipeline("local", "down")
    shutil.rmtree(CHECKOUT / "prepared" / user.name, ignore_errors=True)


def clients(user: Shell) -> tuple[Any, Any, Any]:
    """Return clients of S3, SageMaker and CloudWatch Logs."""
    server = daemon.ensure_running(StateDirectory(user.state))
    variables = daemon.client_environment(server)
    session = boto3.Session(
        variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=variables["AWS_DEFAULT_REGION"]
    )
    s3, sagemaker, logs = (
        session.client(name, endpoint_url=variables["AWS_ENDPOINT_URL"])  # type: ignore[call-overload]
        for name in ("s3", "sagemaker", "logs")
    )
    return s3, sagemaker, logs


def write_posts(path: Path, n_records: int) -> None:
    numbers = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        for _ in range(n_records):
            topic = numbers.randrange(4)
            words = (in_letters(int(numbers.paretovariate(0.5)) % 50_000 + topic) for _ in range(40))
            file.write(f"{' '.join(words)},topic-{topic}\n")


def in_letters(number: int) -> str:
    return "word" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def test_train_goes_on_where_either_job_was_stopped(user: Shell, tmp_path: Path) -> None:
    write_posts(tmp_path / "posts.csv", 12_000)
    s3, sagemaker, logs = clients(user)
    options = ("--input", str(tmp_path / "posts.csv"), "--text-column", "text", "--label-column", "label")
    command = (sys.executable, "-c", COMMAND, str(tmp_path / "sources"), "train", "--profile", "seed", *options)

    stop(user, command, "preprocessor", "terms-*/run-000003")
    wait_for_end(sagemaker)
    stop(user, command, "classifier", "sums-*")
    wait_for_end(sagemaker)
    assert (
        said_by_latest(sagemaker, logs, "preprocessor").count("going on where an earlier job was stopped: after") == 1
    )
    said = trained(user, command)
    assert "an earlier command was stopped: the jobs go on from what it left in s3://" in said
    assert "going on where an earlier job was stopped: pass 0, after" in said_by_latest(sagemaker, logs, "classifier")
    resumed = serving_files(s3, sagemaker)
    assert not [key for key in keys_of(s3) if "/checkpoints/" in key], "what is finished leaves none"

    said = trained(user, command)
    assert "an earlier command was stopped" not in said
    assert "going on" not in said_by_latest(sagemaker, logs, "preprocessor")
    assert serving_files(s3, sagemaker) == resumed


def stop(user: Shell, command: tuple[str, ...], container: str, pattern: str) -> None:
    """Run the command and interrupt it as soon as a job of a container has left a checkpoint."""
    running = subprocess.Popen(command, cwd=CHECKOUT, env=user.environment)
    while running.poll() is None and not any(
        user.state.glob(f"work/training/*-{container}-*/**/checkpoints/{pattern}")
    ):
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    assert running.wait() == 130


def trained(user: Shell, command: tuple[str, ...]) -> str:
    """Run the command to its end; return what it said."""
    done = subprocess.run(command, cwd=CHECKOUT, env=user.environment, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def wait_for_end(sagemaker: Any) -> None:
    (latest,) = sagemaker.list_training_jobs(SortBy="CreationTime", SortOrder="Descending", MaxResults=1)[
        "TrainingJobSummaries"
    ]
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    waiter.config.delay = 0.2
    waiter.wait(TrainingJobName=latest["TrainingJobName"])
    found = sagemaker.describe_training_job(TrainingJobName=latest["TrainingJobName"])
    assert found["TrainingJobStatus"] == "Stopped"


def latest_job(sagemaker: Any, container: str) -> str:
    found = sagemaker.list_training_jobs(
        SortBy="CreationTime", SortOrder="Descending", MaxResults=1, NameContains=f"-{container}-"
    )
    name: str = found["TrainingJobSummaries"][0]["TrainingJobName"]
    return name


def said_by_latest(sagemaker: Any, logs: Any, container: str) -> str:
    """Return the log of the latest job of a container."""
    group = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
    prefix = f"{latest_job(sagemaker, container)}/"
    pages = logs.get_paginator("filter_log_events").paginate(**group, logStreamNamePrefix=prefix)
    return "\n".join(event["message"] for page in pages for event in page["events"])


def keys_of(s3: Any) -> list[str]:
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    pages = [page for bucket in buckets for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)]
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def serving_files(s3: Any, sagemaker: Any) -> dict[str, bytes]:
    """Return what serves of the latest run of both jobs."""
    found: dict[str, bytes] = {}
    for container in ("preprocessor", "classifier"):
        job = sagemaker.describe_training_job(TrainingJobName=latest_job(sagemaker, container))
        bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name.startswith("serving/") and (file := archive.extractfile(member)):
                    found[f"{container}/{name}"] = file.read()
    return found
