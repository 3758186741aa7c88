"""A release, its rehearsal and the way back: exactly what is sent, with moto in AWS's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from moto.moto_api._internal import moto_api_backend

from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container, digests
from pipeline.aws.rehearsal import Rehearsal
from pipeline.aws.session import OWNER_TAG, Choices, Session
from pipeline.aws.target import use_aws
from pipeline.deployment.deploy import Release, deploy
from pipeline.deployment.pipeline_model import CodeChoice
from pipeline.deployment.rollback import rollback
from pipeline.deployment.updating.configuration import Hosting
from pipeline.deployment.updating.traffic import Shift, Traffic
from pipeline.errors import BadInput, JobFailed, NotReady
from pipeline.jobs.model import Network
from tests.pipeline.account import Account
from tests.pipeline.kills import Case, Kills, Moment

TAGS = [{"Key": OWNER_TAG, "Value": "text-pipeline"}]
ALARMS = ["text-pipeline-5xx-errors", "text-pipeline-p99-latency", "text-pipeline-container-errors"]


def run_of(run_id: str) -> Run:
    return Run(
        id=run_id,
        profile="best",
        dataset="mine.csv",
        is_stand_in=False,
        image="141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
        test_uri="s3://b/test.csv",
        artefacts={
            container: Artefact(job="j", uri="s3://b/m", manifest={"code": {"files": digests(container.folder)}})
            for container in Container
        },
    )


def released(account: Account, run_id: str, **changes: Any) -> Session:
    session = account.session()
    release = replace(Release.usual(session), **changes)
    deploy(session, run_of(run_id), CodeChoice.TRAINED, release=release)
    return session


def served(session: Session) -> str:
    config: str = session.sagemaker.describe_endpoint(EndpointName=session.name)["EndpointConfigName"]
    return session.sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]["ModelName"]


def test_the_first_release_makes_model_configuration_alarms_and_endpoint_in_this_order(account: Account) -> None:
    released(account, "1")
    assert account.operations == [
        "CreateModel",
        "CreateEndpointConfig",
        *["PutMetricAlarm"] * 3,
        "CreateEndpoint",
    ]
    config = account.sent("CreateEndpointConfig")
    name = config.pop("EndpointConfigName")
    assert name.startswith("text-pipeline-1-")
    assert config == {
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": "text-pipeline-1",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1.0,
            }
        ],
        "Tags": TAGS,
    }
    assert account.sent("CreateEndpoint") == {
        "EndpointName": "text-pipeline",
        "EndpointConfigName": name,
        "Tags": TAGS,
    }


def test_alarms_watch_this_endpoints_metrics(account: Account) -> None:
    released(account, "1")
    made = [request for name, request in account.requests if name == "PutMetricAlarm"]
    assert [alarm["AlarmName"] for alarm in made] == ALARMS
    watched = {alarm["MetricName"]: (alarm.get("Statistic") or alarm["ExtendedStatistic"]) for alarm in made}
    assert watched == {"Invocation5XXErrors": "Average", "ModelLatency": "p99", "InvocationModelErrors": "Average"}
    for alarm in made:
        assert alarm["Namespace"] == "AWS/SageMaker"
        assert alarm["Dimensions"] == [
            {"Name": "EndpointName", "Value": "text-pipeline"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ]
        assert alarm["Tags"] == TAGS
    assert made[1]["Threshold"] == 1_000_000.0  # microseconds


def test_the_same_again_changes_nothing(account: Account) -> None:
    released(account, "1")
    released(account, "1")
    assert account.requests == []


def test_an_update_notes_what_was_before_and_is_watched_by_the_alarms(account: Account) -> None:
    released(account, "1")
    before = account.sent("CreateEndpoint")["EndpointConfigName"]
    session = released(account, "2")
    assert account.operations == ["CreateModel", "CreateEndpointConfig", "AddTags", "UpdateEndpoint"]
    update = account.sent("UpdateEndpoint")
    config = update["EndpointConfigName"]
    assert account.sent("AddTags")["Tags"] == [{"Key": "text-pipeline:configurations", "Value": f"{config} {before}"}]
    routing = update["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300}
    assert [alarm["AlarmName"] for alarm in update["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]] == ALARMS
    assert served(session) == "text-pipeline-2"


def test_other_settings_are_another_configuration_of_the_same_model(account: Account) -> None:
    released(account, "1")
    released(account, "1", hosting=Hosting("ml.c5.large", 2, capture_percent=10, kms_key="key"))
    assert account.operations == ["CreateEndpointConfig", "AddTags", "UpdateEndpoint"]
    config = account.sent("CreateEndpointConfig")
    assert config["KmsKeyId"] == "key"
    assert config["DataCaptureConfig"] == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://sagemaker-eu-west-1-123456789012/text-pipeline/capture",
        "KmsKeyId": "key",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def test_a_network_is_part_of_the_model_and_of_its_name(account: Account) -> None:
    released(account, "1")
    released(account, "1", network=Network(False, ("subnet-1",), ("sg-1",)))
    model = account.sent("CreateModel")
    assert model["ModelName"].startswith("text-pipeline-1-")
    assert model["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert model["EnableNetworkIsolation"] is False


def test_canary_over_a_variant_of_another_name_is_refused_before_anything_is_made(account: Account) -> None:
    session = released(account, "1")
    variant = {
        "VariantName": "Other",
        "ModelName": "text-pipeline-1",
        "InitialInstanceCount": 2,
        "InstanceType": "ml.m5.large",
    }
    session.sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=[variant])  # type: ignore[list-item]
    session.sagemaker.update_endpoint(EndpointName=session.name, EndpointConfigName="other")
    with pytest.raises(BadInput, match=r"AllTraffic.*has Other"):
        released(account, "2", hosting=Hosting("ml.m5.large", 2), shift=Shift(Traffic.CANARY, 60))
    assert account.requests == []


def test_an_update_that_was_taken_back_says_why_and_can_be_made_again(account: Account) -> None:
    released(account, "1")
    account.update_fails = True
    with pytest.raises(JobFailed, match=r"the former model still serves.*ping health check"):
        released(account, "2")
    account.update_fails = False
    assert served(released(account, "2")) == "text-pipeline-2"
    assert account.operations == ["UpdateEndpoint"]


def test_an_alarm_that_has_gone_off_before_an_update_is_named_with_what_to_do(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    session = released(account, "1")
    session.cloudwatch.set_alarm_state(AlarmName=ALARMS[1], StateValue="ALARM", StateReason="a test")
    released(account, "1")
    released(account, "2", thresholds=None)
    assert "ALARM" not in capsys.readouterr().err
    released(account, "3")
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "ALARM" in line)
    assert line.startswith(f"WARNING: the alarm {ALARMS[1]} is in state ALARM already")
    assert "--no-alarms" in line
    assert account.operations[-1] == "UpdateEndpoint"


def test_rollback_goes_back_one_configuration_each_time(account: Account) -> None:
    for run_id in "123":
        released(account, run_id)
    for expected in "21":
        session = account.session()
        rollback(session)
        assert account.operations == ["AddTags", "UpdateEndpoint", "DeleteTags"]
        assert "AutoRollbackConfiguration" not in account.sent("UpdateEndpoint")["DeploymentConfig"]
        assert served(session) == f"text-pipeline-{expected}"
    with pytest.raises(NotReady, match="before text-pipeline-1"):
        rollback(account.session())
    assert account.requests == []


def test_rollback_passes_over_an_update_that_was_taken_back(account: Account) -> None:
    for run_id in "12":
        released(account, run_id)
    account.update_fails = True
    with pytest.raises(JobFailed):
        released(account, "3")
    account.update_fails = False
    session = account.session()
    rollback(session)
    assert served(session) == "text-pipeline-1"


def first(account: Account) -> object:
    return released(account, "1")


def second(account: Account) -> object:
    return released(account, "2", hosting=Hosting("ml.m5.large", 2), shift=Shift(Traffic.CANARY, 60))


def back(account: Account) -> object:
    return rollback(account.session())


def state(session: Session) -> object:
    """All that is there, without times."""
    sagemaker = session.sagemaker
    models = [item["ModelName"] for item in sagemaker.list_models()["Models"]]
    configs = [item["EndpointConfigName"] for item in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    alarms = [item["AlarmName"] for item in session.cloudwatch.describe_alarms()["MetricAlarms"]]
    arn = sagemaker.describe_endpoint(EndpointName=session.name)["EndpointArn"]
    tags = sorted((tag["Key"], tag["Value"]) for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"])
    return served(session), sorted(models), sorted(configs), sorted(alarms), tags


@pytest.mark.long
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(
    ("earlier", "command", "n_requests"),
    [([], first, 6), ([first], second, 4), ([first, second], back, 3)],
    ids=["first release", "update", "rollback"],
)
def test_a_command_killed_at_any_request_and_run_again_ends_in_the_same_state(
    account: Account,
    kills: Kills,
    moment: Moment,
    earlier: list[Callable[[Account], object]],
    command: Callable[[Account], object],
    n_requests: int,
) -> None:
    def begin() -> None:
        moto_api_backend.reset()
        for step in earlier:
            step(account)

    case = Case(begin, lambda: command(account), lambda: state(account.session()), repeats=command is not back)
    assert len(kills.check(case, moment)) == n_requests


def test_a_rehearsal_shows_what_would_be_sent_and_sends_nothing(account: Account) -> None:
    released(account, "1")
    rehearsal = Rehearsal()
    session = Session(
        replace(use_aws(), poll_seconds=0.0), Choices(role_arn="arn:aws:iam::123456789012:role/r"), rehearsal
    )
    deploy(session, run_of("2"), CodeChoice.TRAINED)
    shown = [request["operation"] for request in rehearsal.requests]
    assert served(account.session()) == "text-pipeline-1"
    released(account, "2")
    assert shown == account.operations
    assert [item["request"] for item in rehearsal.requests][1:] == [request for _, request in account.requests][1:]
