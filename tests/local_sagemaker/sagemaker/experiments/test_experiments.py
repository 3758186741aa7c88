"""Experiments, trials and trial components, by boto3: kept, listed, changed, and deleted in AWS's order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import Cloud


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def tried(cloud: Cloud, name: str) -> None:
    """Make an experiment of one trial with one component, all of one name."""
    cloud.sagemaker.create_experiment(ExperimentName=name, Description="why")
    cloud.sagemaker.create_trial(TrialName=name, ExperimentName=name)
    cloud.sagemaker.create_trial_component(
        TrialComponentName=name,
        Status={"PrimaryStatus": "InProgress"},
        Parameters={"alpha": {"NumberValue": 0.1}, "kind": {"StringValue": "nb"}},
    )
    cloud.sagemaker.associate_trial_component(TrialComponentName=name, TrialName=name)


def test_an_experiment_is_kept_changed_and_listed(cloud: Cloud, name: str) -> None:
    made = cloud.sagemaker.create_experiment(ExperimentName=name, Tags=[{"Key": "team", "Value": "a"}])
    arn = made["ExperimentArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:123456789012:experiment/{name}"
    cloud.sagemaker.update_experiment(ExperimentName=name, DisplayName="shown", Description="why")
    described = cloud.sagemaker.describe_experiment(ExperimentName=name)
    assert (described["ExperimentArn"], described["DisplayName"], described["Description"]) == (arn, "shown", "why")
    assert described["LastModifiedTime"] > described["CreationTime"]
    names = [each["ExperimentName"] for each in cloud.sagemaker.list_experiments()["ExperimentSummaries"]]
    assert names[0] == name, "the newest comes first"
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]


def test_a_name_is_given_once(cloud: Cloud, name: str) -> None:
    cloud.sagemaker.create_experiment(ExperimentName=name)
    code, message = refused(lambda: cloud.sagemaker.create_experiment(ExperimentName=name))
    assert (code, "already exists" in message) == ("ValidationException", True)


def test_what_is_not_there_is_not_found(cloud: Cloud, name: str) -> None:
    for call in (
        lambda: cloud.sagemaker.describe_experiment(ExperimentName=name),
        lambda: cloud.sagemaker.create_trial(TrialName=name, ExperimentName=name),
        lambda: cloud.sagemaker.associate_trial_component(TrialComponentName=name, TrialName=name),
        lambda: cloud.sagemaker.delete_trial_component(TrialComponentName=name),
    ):
        code, message = refused(call)
        assert (code, f"'{name}' does not exist." in message) == ("ResourceNotFound", True)


def test_trials_and_components_are_found_by_what_they_belong_to(cloud: Cloud, name: str) -> None:
    tried(cloud, name)
    tried(cloud, f"{name}-other")

    def components(**of: str) -> list[str]:
        found = cloud.sagemaker.list_trial_components(**of)["TrialComponentSummaries"]
        return [each["TrialComponentName"] for each in found]

    def trials(**of: str) -> list[str]:
        return [each["TrialName"] for each in cloud.sagemaker.list_trials(**of)["TrialSummaries"]]

    assert components(TrialName=name) == components(ExperimentName=name) == [name]
    assert trials(ExperimentName=name) == trials(TrialComponentName=name) == [name]
    cloud.sagemaker.disassociate_trial_component(TrialComponentName=name, TrialName=name)
    assert components(TrialName=name) == components(ExperimentName=name) == []


def test_a_components_parameters_are_merged_and_removed(cloud: Cloud, name: str) -> None:
    tried(cloud, name)
    end = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    cloud.sagemaker.update_trial_component(
        TrialComponentName=name,
        Status={"PrimaryStatus": "Completed", "Message": "done"},
        EndTime=end,
        Parameters={"alpha": {"NumberValue": 0.2}, "more": {"StringValue": "x"}},
        ParametersToRemove=["kind"],
        OutputArtifacts={"model": {"Value": "s3://tests/model"}},
    )
    described = cloud.sagemaker.describe_trial_component(TrialComponentName=name)
    assert described["Parameters"] == {"alpha": {"NumberValue": 0.2}, "more": {"StringValue": "x"}}
    assert described["Status"] == {"PrimaryStatus": "Completed", "Message": "done"}
    assert described["EndTime"] == end
    assert described["OutputArtifacts"] == {"model": {"Value": "s3://tests/model"}}


def test_things_are_deleted_from_the_inside_out(cloud: Cloud, name: str) -> None:
    tried(cloud, name)
    sagemaker: Any = cloud.sagemaker
    assert "has trials" in refused(lambda: sagemaker.delete_experiment(ExperimentName=name))[1]
    assert "has trial components" in refused(lambda: sagemaker.delete_trial(TrialName=name))[1]
    assert "belongs to trials" in refused(lambda: sagemaker.delete_trial_component(TrialComponentName=name))[1]
    sagemaker.disassociate_trial_component(TrialComponentName=name, TrialName=name)
    sagemaker.delete_trial_component(TrialComponentName=name)
    sagemaker.delete_trial(TrialName=name)
    sagemaker.delete_experiment(ExperimentName=name)
    assert refused(lambda: sagemaker.describe_experiment(ExperimentName=name))[0] == "ResourceNotFound"


@pytest.mark.long
def test_experiments_survive_the_server(own_state: StateDirectory) -> None:
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        tried(cloud, "kept")
    stop(own_state)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        [found] = cloud.sagemaker.list_trial_components(TrialName="kept")["TrialComponentSummaries"]
        assert found["TrialComponentName"] == "kept"
