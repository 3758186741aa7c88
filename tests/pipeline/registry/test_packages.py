"""Versions of the model registry: what is sent, and which of them may serve, with moto in AWS's place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.aws.session import OWNER_TAG
from pipeline.aws.storage import Location
from pipeline.deployment.deploy import Release, deploy_version
from pipeline.deployment.pipeline_model import definitions
from pipeline.errors import BadInput, NotReady
from pipeline.registry import packages, quality
from pipeline.registry.packages import Approval, Version
from pipeline.report.figures.model.confidence import reliability
from tests.pipeline.account import Account
from tests.pipeline.deployment.conftest import account as account
from tests.pipeline.deployment.test_release import run_of

QUALITY = Location("bucket", "text-pipeline/registry/1/model-quality.json")
GROUP = "text-pipeline"


def registered(account: Account, run_id: str) -> Version:
    return packages.create(account.session(), run_id, definitions(run_of(run_id)), QUALITY, {"accuracy": "0.9"})


def test_the_first_version_makes_the_group_and_waits_for_approval(account: Account) -> None:
    version = registered(account, "1")
    assert account.operations == ["CreateModelPackageGroup", "CreateModelPackage"]
    assert account.sent("CreateModelPackageGroup") == {
        "ModelPackageGroupName": GROUP,
        "Tags": [{"Key": OWNER_TAG, "Value": GROUP}],
    }
    request = account.sent("CreateModelPackage")
    hosts = [item["ContainerHostname"] for item in request["InferenceSpecification"]["Containers"]]
    assert hosts == ["preprocessor", "classifier"]
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert request["CustomerMetadataProperties"] == {"accuracy": "0.9"}
    assert request["ModelMetrics"] == {
        "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": str(QUALITY)}}
    }
    assert (version.number, version.approval) == (1, Approval.PENDING)


def test_the_same_containers_are_found_again_and_others_are_not(account: Account) -> None:
    version = registered(account, "1")
    session = account.session()
    assert packages.registered(session, "1", definitions(run_of("1"))) == version
    assert packages.registered(session, "2", definitions(run_of("2"))) is None


def test_a_group_that_is_not_ours_is_neither_used_nor_read(account: Account) -> None:
    account.session().sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    with pytest.raises(BadInput, match="model package group 'text-pipeline'"):
        registered(account, "1")
    session = account.session()
    assert list(packages.versions(session)) == []
    assert list(packages.delete_all(session)) == []


def test_only_what_is_approved_is_deployed(account: Account) -> None:
    version = registered(account, "1")
    session = account.session()
    with pytest.raises(NotReady, match="make approve"):
        packages.latest_approved(session)
    with pytest.raises(NotReady, match="MODEL_VERSION=1"):
        deploy_version(session, packages.named(session, "1"), Release.usual(session))
    assert account.requests == []
    packages.judge(session, None, Approval.APPROVED, "it is good")
    assert account.sent("UpdateModelPackage") == {
        "ModelPackageArn": version.arn,
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "it is good",
    }
    session = account.session()
    name = deploy_version(session, packages.latest_approved(session), Release.usual(session))
    model = account.sent("CreateModel")
    assert name == model["ModelName"]
    assert model["PrimaryContainer"] == {"ModelPackageName": version.arn}


def test_a_judgement_is_sent_once(account: Account) -> None:
    registered(account, "1")
    packages.judge(account.session(), 1, Approval.REJECTED, None)
    packages.judge(account.session(), 1, Approval.REJECTED, None)
    assert account.requests == []


@pytest.mark.parametrize("name", ["7", "arn:aws:sagemaker:eu-west-1:123456789012:model-package/text-pipeline/7"])
def test_a_version_that_is_not_there_is_said_to_be_missing(account: Account, name: str) -> None:
    registered(account, "1")
    with pytest.raises(NotReady):
        packages.named(account.session(), name)
    with pytest.raises(BadInput, match="a version's number"):
        packages.named(account.session(), "latest")


def probabilities(n_records: int) -> Any:
    chance = np.random.default_rng(7)
    scores = chance.dirichlet([0.5] * 4, n_records)
    return scores, chance.integers(0, 4, n_records)


@pytest.mark.parametrize("n_records", [1, 10, 1000])
def test_the_calibration_error_is_the_reports(n_records: int) -> None:
    scores, truth = probabilities(n_records)
    right = [bool(one) for one in scores.argmax(axis=1) == truth]
    found = quality.Calibration()
    for confidence, is_right in zip(scores.max(axis=1).tolist(), right, strict=True):
        found.add(confidence, is_right)
    assert found.error == pytest.approx(reliability(truth, scores).error)


def test_statistics_have_model_monitors_members() -> None:
    found = quality.statistics({("a", "a"): 1, ("a", "b"): 1, ("b", "b"): 1}, 2 / 3, 2 / 3, 0.1)
    assert found["dataset"]["item_count"] == 3
    metrics = found["multiclass_classification_metrics"]
    assert metrics["confusion_matrix"] == {"a": {"a": 1, "b": 1}, "b": {"a": 0, "b": 1}}
    assert metrics["accuracy"] == {"value": 2 / 3, "standard_deviation": "NaN"}
    assert metrics["weighted_precision"]["value"] == pytest.approx((2 * 1.0 + 0.5) / 3)
    assert metrics["weighted_recall"]["value"] == pytest.approx(2 / 3)
