"""The whole life of a pipeline on the local SageMaker, as its user types it; a stranger's things of like names stay."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.integration import strangers
from tests.integration.conftest import CHECKOUT, Shell

TEXT = "The new graphics card renders polygons and the image format is GIF"
CLIENTS = ("sagemaker", "cloudwatch", "application-autoscaling", "scheduler", "cloudformation", "iam", "s3")
ALARM = "of-a-life-5xx-errors"


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell with a local SageMaker of its own."""
    user = Shell(tmp_path_factory.mktemp("state"), "of-a-life")
    yield user
    user.pipeline("local", "down")
    for directory in (CHECKOUT / "prepared").glob(f"{user.name}*"):
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()


class Account:
    """The account behind the commands, by boto3."""

    def __init__(self, user: Shell) -> None:
        lines = user.pipeline("local", "env").stdout.splitlines()
        variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        session = boto3.Session(
            variables["AWS_ACCESS_KEY_ID"],
            variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_DEFAULT_REGION"],
        )
        self._clients: dict[str, Any] = {
            name: session.client(name, endpoint_url=variables["AWS_ENDPOINT_URL"])  # type: ignore[call-overload]
            for name in CLIENTS
        }

    def __getitem__(self, name: str) -> Any:
        return self._clients[name]

    def listing(self) -> dict[str, list[str]]:
        """List what is there, of each service that the commands touch."""
        return strangers.listing(self.__getitem__)

    def served(self, name: str) -> str:
        """Return the model that an endpoint serves."""
        sagemaker = self["sagemaker"]
        config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        model: str = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]["ModelName"]
        return model


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)


def with_alarm(account: Account, user: Shell, *command: str) -> str:
    """Run an update, and let an alarm go off once the update bakes; returns what the failed command said."""

    def is_baking() -> bool:
        found = account["sagemaker"].describe_endpoint(EndpointName=user.name)
        variants = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
        return any(status["Status"] == "Baking" for item in variants for status in item.get("VariantStatus", []))

    def go_off() -> None:
        until(is_baking)
        account["cloudwatch"].set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="a test")

    thread = threading.Thread(target=go_off)
    thread.start()
    said = user.pipeline(*command, code=1).stderr
    thread.join()
    return said


def answers_of_batch(user: Shell, directory: Path) -> list[str]:
    source, answers = directory / "in.csv", directory / "out.csv"
    texts = [TEXT, "the goalie saved the puck in the hockey game"] * 20
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    arguments = ("--input", str(source), "--output", str(answers), "--text-column", "text", "--instances", "3")
    user.pipeline("batch-transform", *arguments)
    with answers.open(encoding="utf-8", newline="") as file:
        return [row["category"] for row in csv.DictReader(file)]


@pytest.mark.long
def test_the_whole_life_ends_with_nothing_but_a_strangers_things(user: Shell, tmp_path: Path) -> None:
    account = Account(user)
    strangers.make(account.__getitem__, user.name)
    before = account.listing()

    user.pipeline("bootstrap", "--yes")
    user.pipeline("train", "--dataset", "sample", "--profile", "seed", "--spot")
    jobs = account["sagemaker"].list_training_jobs()["TrainingJobSummaries"]
    described = [account["sagemaker"].describe_training_job(TrainingJobName=job["TrainingJobName"]) for job in jobs]
    assert [job["EnableManagedSpotTraining"] for job in described] == [True, True]
    assert all(job["CheckpointConfig"]["S3Uri"].endswith(("/preprocessor", "/classifier")) for job in described)
    assert "version 1" in user.pipeline("register").stdout
    assert "is approved" in user.pipeline("deploy-pipeline", "--latest-approved", code=1).stderr
    user.pipeline("approve")
    user.pipeline("deploy-pipeline", "--latest-approved", "--capture", "10%")
    first = account.served(user.name)
    assert first.startswith("of-a-life-v1-")
    assert user.pipeline("invoke", TEXT).stdout.strip() == "comp.graphics"

    user.pipeline("scale", "--min", "2", "--max", "4", "--target-invocations", "600")
    until(lambda: account["sagemaker"].describe_endpoint(EndpointName=user.name)["EndpointStatus"] == "InService")

    canary = ("deploy-pipeline", "--instance-count", "2", "--traffic", "canary")
    user.pipeline(*canary, "--bake", "1s", "--ttl", "2h")
    second = account.served(user.name)
    assert second != first
    said = with_alarm(account, user, *canary, "--bake", "30s", "--serving", "toolkit")
    assert "the former model still serves" in said
    assert ALARM in said
    assert account.served(user.name) == second
    account["cloudwatch"].set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="a test")
    user.pipeline("rollback")
    assert account.served(user.name) == first
    assert user.pipeline("invoke", TEXT).stdout.strip() == "comp.graphics"

    state = user.json("status")
    assert [version["approval"] for version in state["versions"]] == ["Approved"]
    assert state["expires"]
    assert state["scaling"] == "2 to 4 instances"
    assert [cost["kind"] for cost in state["costs"]] == ["endpoint", "alarm", "alarm", "alarm"]

    assert answers_of_batch(user, tmp_path) == ["comp.graphics", "rec.sport.hockey"] * 20
    (batch, *_) = account["sagemaker"].list_transform_jobs(SortBy="CreationTime", SortOrder="Descending")[
        "TransformJobSummaries"
    ]
    job = account["sagemaker"].describe_transform_job(TransformJobName=batch["TransformJobName"])
    assert job["TransformResources"]["InstanceCount"] == 3

    user.pipeline("teardown", "--data")
    user.pipeline("bootstrap", "--delete", "--data", "--yes")
    assert account.listing() == before
