"""The AWS target, with moto in AWS's place: account, bucket, role and what teardown takes away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container, digests
from pipeline.aws.log_reading import LogSource, read
from pipeline.aws.session import OWNER_TAG, Choices, Session
from pipeline.aws.target import use_aws
from pipeline.deployment import endpoint, pipeline_model, run_choice
from pipeline.deployment.deploy import deploy
from pipeline.deployment.pipeline_model import CodeChoice
from pipeline.deployment.status import status
from pipeline.deployment.teardown import teardown
from pipeline.deployment.updating.configuration import Hosting, config_request, ensure_config
from pipeline.errors import BadInput, NotReady
from pipeline.jobs.container_environment import Serving
from pipeline.jobs.model import ensure_model

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import TagTypeDef

IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
ROLE = "arn:aws:iam::123456789012:role/mine"
TAG: TagTypeDef = {"Key": OWNER_TAG, "Value": "text-pipeline"}
A_RUN = Run(
    id="1",
    profile="best",
    dataset="mine.csv",
    is_stand_in=False,
    image=IMAGE,
    test_uri="s3://b/test.csv",
    artefacts={
        container: Artefact(job="j", uri="s3://b/m", manifest={"code": {"files": digests(container.folder)}})
        for container in Container
    },
)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield Session(use_aws(), Choices())


def add_endpoint(session: Session, name: str, owner: str | None) -> None:
    tags = [{"Key": OWNER_TAG, "Value": owner}] if owner else []
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    session.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=tags)  # type: ignore[arg-type]
    session.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags)  # type: ignore[arg-type,list-item]


def test_the_bucket_is_the_sdks_own_and_made_in_the_region(session: Session) -> None:
    session.make_bucket()
    session.make_bucket()
    assert str(session.home) == "s3://sagemaker-eu-west-1-123456789012/text-pipeline"
    where = session.s3.get_bucket_location(Bucket=session.home.bucket)["LocationConstraint"]
    assert where == "eu-west-1"


def test_a_role_must_be_named(session: Session) -> None:
    with pytest.raises(BadInput, match="SAGEMAKER_ROLE_ARN"):
        _ = session.role_arn


def test_a_region_must_be_set(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with pytest.raises(BadInput, match="AWS_DEFAULT_REGION"):
        _ = Session(use_aws(), Choices()).region


def test_nothing_trained_and_nothing_deployed_are_told_apart_from_errors(session: Session) -> None:
    with pytest.raises(NotReady, match="make train"):
        runs.find(session.s3, session.home)
    assert endpoint.find(session) is None


def test_teardown_takes_what_carries_the_tag_and_nothing_else(session: Session) -> None:
    add_endpoint(session, "text-pipeline-1", owner="text-pipeline")
    add_endpoint(session, "text-pipeline-of-a-colleague", owner=None)
    session.sagemaker.create_endpoint(EndpointName="text-pipeline", EndpointConfigName="text-pipeline-1", Tags=[TAG])
    assert teardown(session, and_data=False) == 3
    left = [model["ModelName"] for model in session.sagemaker.list_models()["Models"]]
    assert left == ["text-pipeline-of-a-colleague"]
    assert endpoint.find(session) is None


@pytest.mark.parametrize("tags", [[], [{"Key": OWNER_TAG, "Value": "another"}]], ids=["untagged", "of another name"])
def test_an_endpoint_that_is_not_ours_is_left_by_every_command(session: Session, tags: list[TagTypeDef]) -> None:
    add_endpoint(session, "text-pipeline-1", owner="text-pipeline")
    session.make_bucket()
    session.sagemaker.create_endpoint(EndpointName="text-pipeline", EndpointConfigName="text-pipeline-1", Tags=tags)
    before = session.sagemaker.describe_endpoint(EndpointName="text-pipeline")
    for command in (
        lambda: teardown(session, and_data=True),
        lambda: deploy(session, A_RUN, CodeChoice.TRAINED),
        lambda: endpoint.find_ours(session),
    ):
        with pytest.raises(BadInput, match=r"endpoint 'text-pipeline'.*--name \(make: PIPELINE_NAME"):
            command()
    after = session.sagemaker.describe_endpoint(EndpointName="text-pipeline")
    assert (after["EndpointConfigName"], after["LastModifiedTime"]) == ("text-pipeline-1", before["LastModifiedTime"])
    assert len(session.sagemaker.list_models()["Models"]) == 1
    assert "is not this pipeline's" in "\n".join(status(session).warnings)


def test_a_model_or_configuration_of_our_name_that_is_not_ours_is_not_used(session: Session) -> None:
    add_endpoint(session, "text-pipeline-1", owner=None)
    with pytest.raises(BadInput, match="model 'text-pipeline-1'"):
        ensure_model(session, "text-pipeline-1", [])
    hosting = Hosting("ml.m5.large")
    name = config_request(session, "text-pipeline-1", hosting)["EndpointConfigName"]
    add_endpoint(session, name, owner=None)
    with pytest.raises(BadInput, match=f"endpoint configuration '{name}'"):
        ensure_config(session, "text-pipeline-1", hosting)


def test_each_way_of_serving_a_run_is_a_model_of_its_own(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {}
    monkeypatch.setattr(
        pipeline_model, "ensure_model", lambda _, name, definitions, __: made.update({name: definitions})
    )
    usual = pipeline_model.ensure_pipeline_model(session, A_RUN, CodeChoice.TRAINED)
    by_toolkit = pipeline_model.ensure_pipeline_model(session, A_RUN, CodeChoice.TRAINED, Serving.TOOLKIT)
    assert usual == "text-pipeline-1"
    assert by_toolkit.startswith("text-pipeline-1-")
    programs = {name: ["SAGEMAKER_PROGRAM" in item.environment for item in items] for name, items in made.items()}
    assert programs == {usual: [False, False], by_toolkit: [True, True]}


def test_a_model_of_somebody_elses_endpoint_is_not_taken_for_ours(session: Session) -> None:
    add_endpoint(session, "text-pipeline-1", owner=None)
    session.sagemaker.create_endpoint(EndpointName="text-pipeline", EndpointConfigName="text-pipeline-1")
    with pytest.raises(NotReady, match="make train"):
        run_choice.model_name(session)


def test_looking_makes_no_bucket(session: Session) -> None:
    status(session)
    assert teardown(session, and_data=True) == 0
    for look in (lambda: runs.find(session.s3, session.home), lambda: run_choice.model_name(session)):
        with pytest.raises(NotReady, match="make train"):
            look()
    for source in LogSource:
        with pytest.raises(NotReady, match="no logs"):
            list(read(session, source, 60, follow=False))
    assert session.s3.list_buckets()["Buckets"] == []


def test_data_stays_unless_asked(session: Session) -> None:
    session.make_bucket()
    home = session.home
    session.s3.put_object(Bucket=home.bucket, Key=f"{home.key}/runs/1/run.json", Body=b"{}")
    session.s3.put_object(Bucket=home.bucket, Key="other/object", Body=b"")
    assert teardown(session, and_data=False) == 0
    assert teardown(session, and_data=True) == 1
    assert [item["Key"] for item in session.s3.list_objects_v2(Bucket=home.bucket)["Contents"]] == ["other/object"]
