"""Pipelines and their executions as resources: made, changed, listed, deleted; requests that come twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.cloud import BUCKET, ROLE, Cloud
from tests.local_sagemaker.sagemaker.pipelines.definitions import definition, fail, get, join, model, training
from tests.local_sagemaker.sagemaker.pipelines.executing import Pipelines, token

PARAMETERS: list[dict[str, Any]] = [
    {"Name": "Word", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
    {"Name": "Depth", "Type": "Integer", "DefaultValue": 3},
    {"Name": "Rate", "Type": "Float", "DefaultValue": 0.5},
    {"Name": "Flag", "Type": "Boolean", "DefaultValue": False},
]
FAILING = definition(fail(message=join(" ", get("Parameters.Word"), get("Parameters.Depth"))), parameters=PARAMETERS)


def test_a_pipeline_is_described_as_it_was_made_and_updated(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    given = {"PipelineDisplayName": "Shown", "PipelineDescription": "for tests"}
    pipelines.create(name, FAILING, Tags=[{"Key": "k", "Value": "v"}], **given)
    described = cloud.sagemaker.describe_pipeline(PipelineName=name)
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}"
    assert described["PipelineArn"] == arn
    assert described["PipelineDefinition"] == FAILING
    assert described["PipelineStatus"] == "Active"
    assert described["RoleArn"] == ROLE
    assert given.items() <= described.items()
    assert "LastRunTime" not in described
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    cloud.sagemaker.update_pipeline(PipelineName=name, PipelineDescription="changed")
    changed = cloud.sagemaker.describe_pipeline(PipelineName=arn)
    assert (changed["PipelineDescription"], changed["PipelineDefinition"]) == ("changed", FAILING)
    assert changed["LastModifiedTime"] > described["LastModifiedTime"]
    assert changed["CreationTime"] == described["CreationTime"]
    pipelines.ended(pipelines.start(name))
    assert cloud.sagemaker.describe_pipeline(PipelineName=name)["LastRunTime"] >= changed["CreationTime"]


def test_a_definition_may_be_in_s3(cloud: Cloud, name: str) -> None:
    cloud.put(f"{name}.json", FAILING.encode())
    place = {"Bucket": BUCKET, "ObjectKey": f"{name}.json"}
    cloud.sagemaker.create_pipeline(PipelineName=name, PipelineDefinitionS3Location=place, RoleArn=ROLE)
    assert cloud.sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"] == FAILING
    with pytest.raises(ClientError, match=f"s3://{BUCKET}/none.json"):
        cloud.sagemaker.update_pipeline(
            PipelineName=name, PipelineDefinitionS3Location={"Bucket": BUCKET, "ObjectKey": "none.json"}
        )
    with pytest.raises(ClientError, match="Only one of PipelineDefinition and PipelineDefinitionS3Location"):
        cloud.sagemaker.update_pipeline(
            PipelineName=name, PipelineDefinition=FAILING, PipelineDefinitionS3Location=place
        )


def test_a_name_is_taken_once_but_a_request_may_come_twice(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    once = token()
    pipelines.create(name, FAILING, ClientRequestToken=once)
    pipelines.create(name, FAILING, ClientRequestToken=once)
    with pytest.raises(ClientError, match=r"ValidationException.*Pipeline names must be unique.*already exists"):
        pipelines.create(name, FAILING)
    with pytest.raises(ClientError, match="already exists"):
        pipelines.create(name, FAILING, ClientRequestToken=once, PipelineDescription="another request")


def test_a_start_that_comes_twice_makes_one_execution(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    pipelines.create(name, FAILING)
    once = token()
    arns = {pipelines.start(name, ClientRequestToken=once), pipelines.start(name, ClientRequestToken=once)}
    assert len(arns) == 1
    assert pipelines.start(name) not in arns
    listed = cloud.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert len(listed) == 2


def test_an_execution_goes_on_with_the_definition_that_it_began_with(
    cloud: Cloud, pipelines: Pipelines, name: str
) -> None:
    arn = pipelines.start(pipelines.create(name, FAILING))
    cloud.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition(fail("Other")))
    answer = cloud.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert answer["PipelineDefinition"] == FAILING
    pipelines.ended(arn)
    assert pipelines.statuses(arn) == {"Fail": "Failed"}


def test_an_execution_is_described_with_its_name_experiment_and_parameters(
    cloud: Cloud, pipelines: Pipelines, name: str
) -> None:
    experiment = {"ExperimentName": get("Execution.PipelineName"), "TrialName": get("Execution.PipelineExecutionId")}
    text = definition(fail(), parameters=PARAMETERS, PipelineExperimentConfig=experiment)
    pipelines.create(name, text)
    arn = pipelines.start(name, {"Depth": "5", "Flag": "true"}, PipelineExecutionDescription="first")
    described = pipelines.ended(arn)
    assert described["PipelineExecutionDisplayName"].startswith("execution-")
    assert described["PipelineExecutionDescription"] == "first"
    assert described["PipelineExperimentConfig"] == {
        "ExperimentName": name.lower(),
        "TrialName": arn.rpartition("/")[2],
    }
    answer = cloud.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    values = {item["Name"]: item["Value"] for item in answer["PipelineParameters"]}
    assert values == {"Word": "a", "Depth": "5", "Rate": "0.5", "Flag": "true"}
    cloud.sagemaker.update_pipeline_execution(PipelineExecutionArn=arn, PipelineExecutionDisplayName="renamed")
    assert pipelines.describe(arn)["PipelineExecutionDisplayName"] == "renamed"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Width": "1"}, r"Unknown pipeline parameters: \[Width\]"),
        ({"Depth": "deep"}, "Invalid value 'deep' for parameter 'Depth' of type Integer"),
        ({"Depth": "1_000"}, "Invalid value '1_000' for parameter 'Depth'"),
        ({"Depth": "9" * 19}, "Invalid value '9999999999999999999' for parameter 'Depth'"),
        ({"Rate": "nan"}, "Invalid value 'nan' for parameter 'Rate' of type Float"),
        ({"Flag": "perhaps"}, "Invalid value 'perhaps' for parameter 'Flag' of type Boolean"),
        ({"Word": "c"}, r"Invalid value 'c' for parameter 'Word': it must be one of \[a, b\]"),
    ],
)
def test_a_parameter_that_does_not_fit_starts_nothing(
    cloud: Cloud, pipelines: Pipelines, name: str, given: dict[str, str], message: str
) -> None:
    pipelines.create(name, FAILING)
    with pytest.raises(ClientError, match=message):
        pipelines.start(name, given)
    assert cloud.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []


def test_a_parameter_without_a_value_starts_nothing(pipelines: Pipelines, name: str) -> None:
    pipelines.create(name, definition(fail(), parameters=[{"Name": "Data", "Type": "String"}]))
    with pytest.raises(ClientError, match=r"Missing values for pipeline parameters: \[Data\]"):
        pipelines.start(name)


def test_a_pipeline_that_runs_is_not_deleted_and_takes_its_executions_along(
    cloud: Cloud, pipelines: Pipelines, name: str
) -> None:
    text = definition(training(cloud, hyperparameters={"task": '"wait"'}))
    arn = pipelines.start(pipelines.create(name, text))
    with pytest.raises(ClientError, match="ConflictException"):
        cloud.sagemaker.delete_pipeline(PipelineName=name)
    pipelines.stop(arn)
    pipelines.ended(arn)
    cloud.sagemaker.delete_pipeline(PipelineName=name)
    for ask, request in (
        ("describe_pipeline", {"PipelineName": name}),
        ("describe_pipeline_execution", {"PipelineExecutionArn": arn}),
        ("list_pipeline_executions", {"PipelineName": name}),
        ("delete_pipeline", {"PipelineName": name}),
    ):
        with pytest.raises(cloud.sagemaker.exceptions.ResourceNotFound, match="does not exist"):
            getattr(cloud.sagemaker, ask)(**request)


def test_lists_are_filtered_ordered_and_paged(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    names = [pipelines.create(f"{name}x-{letter}", FAILING) for letter in "abc"]
    pages = cloud.sagemaker.get_paginator("list_pipelines").paginate(
        PipelineNamePrefix=f"{name}x", SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    listed = [pipeline["PipelineName"] for page in pages for pipeline in page["PipelineSummaries"]]
    assert listed == names
    later = datetime.now(UTC) + timedelta(hours=1)
    assert cloud.sagemaker.list_pipelines(PipelineNamePrefix=f"{name}x", CreatedAfter=later)["PipelineSummaries"] == []
    arns = [pipelines.start(names[0]) for _ in range(3)]
    pages = cloud.sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=names[0], PaginationConfig={"PageSize": 2}
    )
    listed = [one["PipelineExecutionArn"] for page in pages for one in page["PipelineExecutionSummaries"]]
    assert sorted(listed) == sorted(arns)
    assert cloud.sagemaker.list_pipeline_executions(PipelineName=names[1])["PipelineExecutionSummaries"] == []
    for arn in arns:
        pipelines.ended(arn)
    [summary, *_] = cloud.sagemaker.list_pipeline_executions(PipelineName=names[0])["PipelineExecutionSummaries"]
    assert summary["PipelineExecutionStatus"] == "Failed"
    assert summary["PipelineExecutionFailureReason"] == "Step failure: One or multiple steps failed."


def test_steps_are_listed_last_first_and_paged(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    steps = [model(cloud, "A"), model(cloud, "B", DependsOn=["A"]), model(cloud, "C", DependsOn=["B"])]
    described = [{**step, "DisplayName": f"step {step['Name']}", "Description": "one"} for step in steps]
    arn = pipelines.run(name, definition(*described))["PipelineExecutionArn"]
    pages = cloud.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, PaginationConfig={"PageSize": 2}
    )
    listed = [step for page in pages for step in page["PipelineExecutionSteps"]]
    assert [step["StepName"] for step in listed] == ["C", "B", "A"]
    assert [step["StepDisplayName"] for step in listed] == ["step C", "step B", "step A"]
    assert {step["StepDescription"] for step in listed} == {"one"}
    with pytest.raises(ClientError, match="Invalid pagination token"):
        cloud.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, NextToken="b3RoZXI=")


def test_what_is_not_there_is_not_found(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    with pytest.raises(cloud.sagemaker.exceptions.ResourceNotFound, match=f"pipeline/{name}' does not exist"):
        pipelines.start(name)
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}/execution/abcdefghijkl"
    with pytest.raises(cloud.sagemaker.exceptions.ResourceNotFound, match=arn):
        pipelines.stop(arn)


def test_versions_are_refused_by_name(pipelines: Pipelines, name: str) -> None:
    pipelines.create(name, FAILING)
    with pytest.raises(ClientError, match="does not support PipelineVersionId in StartPipelineExecution"):
        pipelines.start(name, PipelineVersionId=1)
