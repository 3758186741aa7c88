"""`train` whose jobs are stopped in the middle, and begun again: it goes on from the checkpoints, to the same bytes."""

from __future__ import annotations

import io
import random
import shutil
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.daemon import client_environment, ensure_running
from local_sagemaker.state import StateDirectory
from pipeline.artefacts.source_code import tarball
from pipeline.jobs import training_job
from pipeline.jobs.staged_parts import split_into_parts
from pipeline.training import train
from tests.container_sources import CLASSIFIER, PREPROCESSOR
from tests.integration.conftest import CHECKOUT, SharedProcess
from tests.local_sagemaker.sagemaker.cloud import Cloud

pytestmark = pytest.mark.long

BUCKET = "sagemaker-us-east-1-123456789012"
IN_SMALL_STEPS = {
    PREPROCESSOR: """
from preprocessor.job import training_texts
from preprocessor.streaming import chunks, count_runs as writing
training_texts.LARGE, chunks.CHUNK_BYTES, writing.RUN_SECONDS = 0, 20_000, 0.0
""",
    CLASSIFIER: """
from classifier.job import fitting, streamed_fit as writing
fitting.LARGE, writing.CHECKPOINT_SECONDS = 0, 0.0
""",
}
"""What has each job read little in chunks, with a checkpoint after each."""

IN_THE_MIDDLE = {"preprocessor": '"begin": [0, 1]', "classifier": '"number": 1, "next_pair": 2'}
"""What the checkpoint says of itself at which each job is stopped: of the second chunk, of the second pass."""

HELD_IN_THE_MIDDLE = """
import json, os, runpy, time
from pathlib import Path
os.environ["SM_NUM_CPUS"] = "1"
write, held = writing.write_arrays, Path(__file__).with_name("held")
def write_and_wait(path, facts, arrays):
    write(path, facts, arrays)
    while held.exists() and held.read_text() in json.dumps(facts):
        time.sleep(60)
writing.write_arrays = write_and_wait
if __name__ == "__main__":
    runpy.run_path(str(Path(__file__).with_name("job.py")), run_name="__main__")
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the containers' sources are that `train` ships: they take small steps, and one that is told so waits."""
    for folder, steps in IN_SMALL_STEPS.items():
        copy = shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / "train.py").rename(copy / "job.py")
        (copy / "train.py").write_text(steps + HELD_IN_THE_MIDDLE, encoding="utf-8")
    monkeypatch.setattr(training_job, "tarball", lambda folder: tarball(tmp_path / folder.name))
    monkeypatch.setattr(train, "split_into_parts", partial(split_into_parts, part_bytes=40_000))
    return tmp_path


@pytest.fixture
def user(tmp_path: Path) -> Iterator[SharedProcess]:
    user = SharedProcess(tmp_path / "state", "stopped")
    yield user
    user.pipeline("local", "down")
    shutil.rmtree(CHECKOUT / "prepared" / user.name, ignore_errors=True)


@pytest.fixture
def cloud(user: SharedProcess) -> Iterator[Cloud]:
    with Cloud(client_environment(ensure_running(StateDirectory(user.state)))) as clients:
        yield clients


@pytest.fixture
def command(tmp_path: Path) -> tuple[str, ...]:
    """The command that trains on a hundred kilobytes of posts."""
    numbers = random.Random(1)
    lines = ["text,label"]
    for _ in range(400):
        topic = numbers.randrange(4)
        words = (in_letters(int(numbers.paretovariate(0.7)) % 500 + topic) for _ in range(40))
        lines.append(f"{' '.join(words)},topic-{topic}")
    (tmp_path / "posts.csv").write_text("\n".join(lines), encoding="utf-8")
    data = ("--input", str(tmp_path / "posts.csv"), "--text-column", "text", "--label-column", "label")
    return ("train", "--profile", "seed", "--set", "classifier.passes=1", *data)


def in_letters(number: int) -> str:
    return "word" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def test_train_goes_on_where_either_job_was_stopped(
    user: SharedProcess, sources: Path, cloud: Cloud, command: tuple[str, ...]
) -> None:
    stop_in_the_middle(user, sources, cloud, command, "preprocessor")
    stop_in_the_middle(user, sources, cloud, command, "classifier")
    assert "going on where an earlier job was stopped: after" in log_of_latest(cloud, "preprocessor")
    went_on = serving_files(cloud, "preprocessor")

    said = user.pipeline(*command).stderr
    assert "an earlier command was stopped: the jobs go on from what it left in s3://" in said
    assert "going on" not in log_of_latest(cloud, "preprocessor"), "what came to its end leaves nothing"
    assert "going on where an earlier job was stopped: pass 1, after 2 of" in log_of_latest(cloud, "classifier")
    for container in ("preprocessor", "classifier"):
        assert not checkpoints(cloud, container), "what is finished leaves none"
    assert serving_files(cloud, "preprocessor") == went_on
    went_on = serving_files(cloud, "classifier")
    train_undisturbed(cloud)
    assert "going on" not in log_of_latest(cloud, "classifier")
    assert serving_files(cloud, "classifier") == went_on


def stop_in_the_middle(
    user: SharedProcess, sources: Path, cloud: Cloud, command: tuple[str, ...], container: str
) -> None:
    """Run the command until its job of a container waits in the middle, and has that in S3; stop the job there."""
    held = sources / f"{container}_container" / "held"
    held.write_text(IN_THE_MIDDLE[container], encoding="utf-8")
    ended = threading.Event()

    def stop() -> None:
        while not ended.wait(0.1) and not any(
            IN_THE_MIDDLE[container] in said for said in checkpoints(cloud, container)
        ):
            continue
        cloud.sagemaker.stop_training_job(TrainingJobName=latest_job(cloud, container)["TrainingJobName"])

    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(stop)
        try:
            said = user.pipeline(*command, code=1).stderr
        finally:
            ended.set()
        stopping.result()
    held.unlink()
    assert f"-{container}-" in said.splitlines()[-1]
    assert "Stopped" in said.splitlines()[-1]


def train_undisturbed(cloud: Cloud) -> None:
    """Run the latest job of the classifier again, with nothing to go on from."""
    latest = latest_job(cloud, "classifier")
    members = ("AlgorithmSpecification", "HyperParameters", "InputDataConfig", "OutputDataConfig", "ResourceConfig")
    request = {name: latest[name] for name in (*members, "RoleArn", "StoppingCondition")}
    name = f"{latest['TrainingJobName']}-again"
    cloud.sagemaker.create_training_job(TrainingJobName=name, **request)
    assert cloud.trained(name)["TrainingJobStatus"] == "Completed"


def checkpoints(cloud: Cloud, container: str) -> list[str]:
    """Return what the checkpoints of a container's jobs that are in S3 say of themselves."""
    prefix = "stopped/checkpoints/"
    try:
        found = cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    except cloud.s3.exceptions.NoSuchBucket:
        return []
    keys = [item["Key"] for item in found if f"/{container}/" in item["Key"]]
    return [cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(500).decode(errors="replace") for key in keys]


def latest_job(cloud: Cloud, container: str) -> dict[str, Any]:
    found = cloud.sagemaker.list_training_jobs(
        SortBy="CreationTime", SortOrder="Descending", MaxResults=1, NameContains=f"-{container}-"
    )
    name = found["TrainingJobSummaries"][0]["TrainingJobName"]
    return dict(cloud.sagemaker.describe_training_job(TrainingJobName=name))


def log_of_latest(cloud: Cloud, container: str) -> str:
    name = latest_job(cloud, container)["TrainingJobName"]
    return "\n".join(cloud.log_lines("/aws/sagemaker/TrainingJobs", f"{name}/"))


def serving_files(cloud: Cloud, container: str) -> dict[str, bytes]:
    """Return what serves of the latest job of a container."""
    uri = latest_job(cloud, container)["ModelArtifacts"]["S3ModelArtifacts"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        serving = [member for member in archive if "serving/" in member.name and member.isfile()]
        found = {member.name: archive.extractfile(member).read() for member in serving}  # type: ignore[union-attr]
    assert found
    return found
