"""Commands that run jobs, killed at any of their requests and run again; moto's jobs are done at once, and leave here
what those of SageMaker would.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from moto.moto_api._internal import moto_api_backend
from moto.sagemaker.models import sagemaker_backends

from pipeline import profiles
from pipeline.artefacts import runs
from pipeline.artefacts.runs import Artefact
from pipeline.artefacts.source_code import Container, digests
from pipeline.aws import sdk
from pipeline.aws.session import OWNER_TAG, Session
from pipeline.aws.storage import Location, keys
from pipeline.data.preparation import DataOptions
from pipeline.data.tables.csv_table import CsvTable
from pipeline.prediction.batch import Tables, TextColumns, transform_tables
from pipeline.prediction.batch_objects import ObjectsRequest, transform_objects
from pipeline.prediction.registering import register
from pipeline.registry import packages
from pipeline.registry.packages import Approval
from pipeline.training import features
from pipeline.training.train import train
from pipeline.training.tune import tune
from tests.pipeline.account import Account
from tests.pipeline.deployment.conftest import account as account
from tests.pipeline.deployment.test_release import run_of
from tests.pipeline.kills import Case, Kills, Moment

TEXTS = ["oven flour", "mast rudder", "butter whisk", "harbour tide", "dough salt", "keel anchor"]
ANSWER = {"category": "x", "probability": 0.75, "top": [{"category": "x", "probability": 0.75}]}
BUCKET = "sagemaker-eu-west-1-123456789012"
CANDIDATE = {"name": "alpha=0.1", "accuracy": 0.5, "preprocessor": {}, "classifier": {"alpha": 0.1}}
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


class Jobs:
    """Does what the containers would have done when a job is created."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._send = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]
        self._s3 = boto3.client("s3")
        work = {"CreateTrainingJob": self._train, "CreateTransformJob": self._transform}

        def sent(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            answer = self._send(client, operation, parameters)
            if operation in work:
                work[operation](parameters)
            return answer

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", sent)

    def _train(self, job: dict[str, Any]) -> None:
        name = job["TrainingJobName"]
        container = next((container for container in Container if container in name), Container.PREPROCESSOR)
        place = Location.parse(job["OutputDataConfig"]["S3OutputPath"]) / name / "output" / "model.tar.gz"
        self._put(
            place.bucket,
            place.key,
            archive("manifest.json", json.dumps(manifest_of(container, "tuning" in name)).encode()),
        )

    def _transform(self, job: dict[str, Any]) -> None:
        source = Location.parse(job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        destination = Location.parse(job["TransformOutput"]["S3OutputPath"])
        for key in list(keys(self._s3, source.prefix, source.bucket)):
            records = self._s3.get_object(Bucket=source.bucket, Key=key)["Body"].read().splitlines()
            answers = f"{json.dumps(ANSWER)}\n" * len(records)
            self._put(
                destination.bucket, f"{destination.prefix}{key.removeprefix(source.prefix)}.out", answers.encode()
            )

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        self._send(self._s3, "PutObject", {"Bucket": bucket, "Key": key, "Body": body})


def manifest_of(container: Container, is_tuning: bool = False) -> dict[str, Any]:
    return {
        "code": {"files": digests(container.folder)},
        "categories": ["x", "y"],
        "n_features": 1,
        "n_nonzero": 1,
        "training_accuracy": 1.0,
        **({"selection": {"candidates": [CANDIDATE], "folds": 2, "ordered": False}} if is_tuning else {}),
    }


def archive(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def of_jobs(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    """An account whose jobs do something, in a directory of its own that has data."""
    Jobs(monkeypatch)
    monkeypatch.setattr(sdk.image_uris, "retrieve", cache(sdk.image_uris.retrieve))  # it reads its files each time
    monkeypatch.chdir(tmp_path)
    lines = "".join(f"{text},{'xy'[number % 2]}\n" for number, text in enumerate(TEXTS * 4))
    Path("mine.csv").write_text(f"text,label\n{lines}", encoding="utf-8")
    return account


def trained(session: Session) -> None:
    options = DataOptions(input=("mine.csv",), text_column="text", label_column="label")
    train(session, options, profiles.load("seed"))


def tuned(session: Session) -> None:
    options = DataOptions(input=("mine.csv",), text_column="text", label_column="label")
    profile = profiles.load("seed", ("ranges.classifier.alpha=[0.1, 1.0]",))
    tune(session, options, profile, None, Path("tuned.toml"))


def has_run(session: Session) -> None:
    """Leave what `train` does, sooner."""
    session.make_bucket()
    run_id = "20260101-120000-abcd"
    place = runs.place(session.home, run_id)
    for split in ("train", "test"):
        where = place / split / f"{split}.csv"
        session.s3.put_object(
            Bucket=where.bucket, Key=where.key, Body=b"data,data_subject,label_names,label\noven,,x,0\nmast,,y,1\n"
        )
    artefacts = {
        container: Artefact(job="j", uri=str(place / container), manifest=manifest_of(container))
        for container in Container
    }
    run = run_of(run_id).model_copy(update={"test_uri": str(place / "test" / "test.csv"), "artefacts": artefacts})
    runs.save(session.s3, session.home, run)


def registered(session: Session) -> None:
    register(session, runs.find(session.s3, session.home))


def approved(session: Session) -> None:
    packages.judge(session, None, Approval.APPROVED, "good")


def rejected(session: Session) -> None:
    packages.judge(session, 1, Approval.REJECTED, None)


def file_classified(session: Session) -> None:
    tables = Tables([CsvTable(Path("mine.csv"), wanted=["text"])], TextColumns("text"))
    transform_tables(session, "model", tables, Path("out.csv"))


def prefix_classified(session: Session, instances: int = 1) -> None:
    session.s3.put_object(Bucket=BUCKET, Key="theirs/a.csv", Body=b"oven\nmast\n")
    places = Location(BUCKET, "theirs"), Location(BUCKET, "answers")
    transform_objects(session, "model", ObjectsRequest(*places, "application/jsonlines", instances))


def object_cut(session: Session) -> None:
    prefix_classified(session, instances=2)


def left(session: Session) -> dict[str, object]:
    """All that is there but unfinished runs and the scratch of batch transforms, with the latest run's id left out."""
    sagemaker = session.sagemaker
    latest = runs.find(session.s3, session.home).id if "latest.json" in str(list(all_keys(session))) else "none"
    found = {key.replace(latest, "RUN") for key in all_keys(session)}
    return {
        "objects": sorted(key for key in found if not RUN_ID.search(key.partition("/jobs/")[0])),
        "models": [item["ModelName"].replace(latest, "RUN") for item in sagemaker.list_models()["Models"]],
        "groups": [
            item["ModelPackageGroupName"]
            for item in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        ],
        "versions": [(version.number, version.approval) for version in packages.versions(session)],
        "answers": Path("out.csv").read_text(encoding="utf-8") if Path("out.csv").exists() else None,
        "files": sorted(path.name for path in Path().iterdir()),
    }


def all_keys(session: Session) -> list[str]:
    return list(keys(session.s3, "", BUCKET))


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(
    ("earlier", "command", "changes"),
    [
        (
            [],
            trained,
            ["CreateTrainingJob", "CreateModel", "CreateTransformJob", "DeleteModel", "CreateTrainingJob"],
        ),
        ([], tuned, ["CreateTrainingJob"]),
        (
            [has_run],
            registered,
            ["CreateModel", "CreateTransformJob", "CreateModelPackageGroup", "CreateModelPackage"],
        ),
        ([has_run, registered], approved, ["UpdateModelPackage"]),
        ([has_run, registered], rejected, ["UpdateModelPackage"]),
        ([], file_classified, ["CreateTransformJob"]),
        ([has_run], prefix_classified, ["CreateTransformJob"]),
        ([has_run], object_cut, ["CreateTransformJob"]),
    ],
    ids=["train", "tune", "register", "approve", "reject", "file", "prefix", "object"],
)
def test_a_command_with_jobs_killed_at_any_request_and_run_again_ends_in_the_same_state(
    of_jobs: Account,
    kills: Kills,
    moment: Moment,
    earlier: list[Callable[[Session], None]],
    command: Callable[[Session], None],
    changes: list[str],
) -> None:
    session = of_jobs.session()  # one for all: what takes longest is making clients, and it keeps names alone

    def begin() -> None:
        moto_api_backend.reset()
        for output in ("out.csv", "tuned.toml"):
            Path(output).unlink(missing_ok=True)
        for step in earlier:
            step(session)

    sent = kills.check(Case(begin, lambda: command(session), lambda: left(session)), moment)
    assert [name for name in sent if name not in ("CreateBucket", "PutObject", "DeleteObject")] == changes


def model_of_a_transform(session: Session, name: str, status: str | None, owner: str = "text-pipeline") -> None:
    session.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn="arn:aws:iam::123456789012:role/mine",
        PrimaryContainer={"Image": "i"},
        Tags=[{"Key": OWNER_TAG, "Value": owner}],
    )
    if status is not None:
        session.sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName=name,
            TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in/"}}},
            TransformOutput={"S3OutputPath": "s3://b/out"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )
        sagemaker_backends["123456789012"]["eu-west-1"].transform_jobs[name].transform_job_status = status


def test_only_models_that_were_left_over_are_taken_away(account: Account) -> None:
    session = account.session()
    prefix = "text-pipeline-features-"
    model_of_a_transform(session, f"{prefix}ended", "Completed")
    model_of_a_transform(session, f"{prefix}stopped", "Stopped")
    model_of_a_transform(session, f"{prefix}without", None)
    model_of_a_transform(session, f"{prefix}under-way", "InProgress")
    model_of_a_transform(session, f"{prefix}of-a-colleague", None, "text-pipeline-features")
    earlier = features.models(session)
    model_of_a_transform(session, f"{prefix}begun-since", None)
    session.sagemaker.delete_model(ModelName=f"{prefix}ended")  # by its own command, meanwhile
    features.delete_left_over(session, earlier)
    kept = {item["ModelName"].removeprefix(prefix) for item in session.sagemaker.list_models()["Models"]}
    assert kept == {"under-way", "of-a-colleague", "begun-since"}
