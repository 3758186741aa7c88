"""Which run and which model a command works with, with moto in AWS's place."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from moto import mock_aws

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.session import OWNER_TAG, Choices, Session
from pipeline.aws.target import use_aws
from pipeline.deployment import run_choice
from pipeline.errors import BadInput, NotReady
from pipeline.jobs.container_environment import RUN_VARIABLE

IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
ROLE = "arn:aws:iam::123456789012:role/mine"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session on an account with the runs 1 (seed), 2 (best) and 3 (best), oldest first."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        session = Session(use_aws(), Choices())
        session.make_bucket()
        for number, profile in (("1", "seed"), ("2", "best"), ("3", "best")):
            artefacts = {container: Artefact(job="job", uri="s3://bucket/key", manifest={}) for container in Container}
            run = Run(
                id=number,
                profile=profile,
                dataset="three topics",
                is_stand_in=False,
                image=IMAGE,
                test_uri="s3://bucket/test.csv",
                artefacts=artefacts,
            )
            runs.save(session.s3, session.home, run)
        yield session


def deploy(session: Session, run_id: str) -> None:
    container = {"Image": IMAGE, "Environment": {RUN_VARIABLE: run_id}}
    session.sagemaker.create_model(ModelName=f"model-{run_id}", ExecutionRoleArn=ROLE, PrimaryContainer=container)  # type: ignore[arg-type]
    variant = {"VariantName": "AllTraffic", "ModelName": f"model-{run_id}", "InitialInstanceCount": 1}
    session.sagemaker.create_endpoint_config(
        EndpointConfigName=f"config-{run_id}",
        ProductionVariants=[variant | {"InstanceType": "ml.m5.large"}],  # type: ignore[list-item]
    )
    session.sagemaker.create_endpoint(
        EndpointName=session.name,
        EndpointConfigName=f"config-{run_id}",
        Tags=[{"Key": OWNER_TAG, "Value": session.name}],
    )


def test_a_named_run_comes_before_the_latest(session: Session) -> None:
    assert run_choice.named_or_latest(session, "1").id == "1"
    assert run_choice.named_or_latest(session, None).id == "3"


def test_the_run_that_the_endpoint_serves_comes_before_the_latest(session: Session) -> None:
    deploy(session, "2")
    assert run_choice.deployed(session).id == "2"
    assert run_choice.deployed_or_latest(session).id == "2"
    assert run_choice.model_name(session) == "model-2"


def test_without_an_endpoint_the_latest_run_is_taken_only_where_it_may_be(session: Session) -> None:
    assert run_choice.deployed_or_latest(session).id == "3"
    with pytest.raises(NotReady, match="make deploy-pipeline"):
        run_choice.deployed(session)


def test_the_run_to_compare_with_is_named_or_the_latest_other_one_of_a_profile(session: Session) -> None:
    latest = run_choice.named_or_latest(session, None)
    assert run_choice.to_compare_with(session, latest, "1").id == "1"
    assert run_choice.to_compare_with(session, latest, "seed").id == "1"
    assert run_choice.to_compare_with(session, latest, "best").id == "2"


def test_a_run_is_not_compared_with_itself_nor_with_one_that_is_not_there(session: Session) -> None:
    latest = run_choice.named_or_latest(session, None)
    with pytest.raises(BadInput, match="is the run that the report is of"):
        run_choice.to_compare_with(session, latest, "3")
    with pytest.raises(NotReady, match="names a run or a profile"):
        run_choice.to_compare_with(session, latest, "4")
