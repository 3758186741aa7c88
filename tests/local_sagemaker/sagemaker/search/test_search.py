"""`Search` finds resources by what they are described as."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.sagemaker.search.expressions import satisfies
from tests.local_sagemaker.sagemaker.cloud import Cloud


@pytest.fixture(scope="module")
def packages(cloud: Cloud) -> str:
    """Three tagged groups; what their names begin with."""
    for number, word in enumerate(("first", "second", "third")):
        cloud.sagemaker.create_model_package_group(
            ModelPackageGroupName=f"searched-{word}",
            ModelPackageGroupDescription=f"the {word} one",
            Tags=[{"Key": "order", "Value": str(number)}],
        )
    return "searched-"


def names(cloud: Cloud, *filters: tuple[str, ...], **request: Any) -> list[str]:
    expression: dict[str, Any] = {
        "Filters": [dict(zip(("Name", "Operator", "Value"), each, strict=False)) for each in filters]
    }
    if "Operator" in request:
        expression["Operator"] = request.pop("Operator")
    answer = cloud.sagemaker.search(Resource="ModelPackageGroup", SearchExpression=expression, **request)
    return [each["ModelPackageGroup"]["ModelPackageGroupName"] for each in answer["Results"]]


def test_filters_order_and_tags_are_honoured(cloud: Cloud, packages: str) -> None:
    mine = ("ModelPackageGroupName", "Contains", packages)
    by_name = {"SortBy": "ModelPackageGroupName"}
    assert names(cloud, mine, **by_name, SortOrder="Ascending") == [
        "searched-first",
        "searched-second",
        "searched-third",
    ]
    assert names(cloud, mine, ("Tags.order", "Equals", "1")) == ["searched-second"]
    assert names(cloud, mine, ("ModelPackageGroupDescription", "NotEquals", "the second one"), **by_name) == [
        "searched-third",
        "searched-first",
    ]
    either = [("Tags.order", "Equals", "0"), ("Tags.order", "In", "2, 7")]
    assert sorted(names(cloud, *either, Operator="Or")) == ["searched-first", "searched-third"]
    assert names(cloud, mine, ("CreationTime", "LessThan", "2020-01-01T00:00:00Z")) == []
    assert names(cloud, mine, ("Nothing", "Exists")) == []


def test_pages_follow_each_other_and_a_token_is_bound_to_its_search(cloud: Cloud, packages: str) -> None:
    request = {
        "Resource": "ModelPackageGroup",
        "SearchExpression": {"Filters": [{"Name": "ModelPackageGroupName", "Operator": "Contains", "Value": packages}]},
        "SortBy": "ModelPackageGroupName",
        "MaxResults": 2,
    }
    first = cloud.sagemaker.search(**request)
    assert first["TotalHits"]["Value"] == 3
    rest = cloud.sagemaker.search(**request, NextToken=first["NextToken"])
    found = [each["ModelPackageGroup"]["ModelPackageGroupName"] for each in first["Results"] + rest["Results"]]
    assert found == ["searched-third", "searched-second", "searched-first"]
    assert "NextToken" not in rest
    with pytest.raises(ClientError, match="pagination token"):
        cloud.sagemaker.search(**{**request, "SortOrder": "Ascending"}, NextToken=first["NextToken"])


def test_what_is_not_searched_is_refused_by_name(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="does not support Search for FeatureGroup"):
        cloud.sagemaker.search(Resource="FeatureGroup")
    with pytest.raises(ClientError, match="has the operator GreaterThan and no Value"):
        names(cloud, ("CreationTime", "GreaterThan"))


def channel(name: str, uri: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def test_a_nested_filter_wants_one_item_that_passes_all_of_it() -> None:
    crossed = {"InputDataConfig": [channel("train", "s3://b/dogs"), channel("test", "s3://b/cats")]}
    nested = {
        "NestedPropertyName": "InputDataConfig",
        "Filters": [
            {"Name": "InputDataConfig.ChannelName", "Operator": "Equals", "Value": "train"},
            {"Name": "InputDataConfig.DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": "cats"},
        ],
    }
    assert satisfies(crossed, {"Filters": nested["Filters"]}), "plain filters look at all items"
    assert not satisfies(crossed, {"NestedFilters": [nested]})
    straight = {"InputDataConfig": [channel("train", "s3://b/cats"), channel("test", "s3://b/dogs")]}
    assert satisfies(straight, {"NestedFilters": [nested]})
    assert not satisfies({}, {"NestedFilters": [nested]})


def test_expressions_within_an_expression_are_joined_as_it_says(cloud: Cloud, packages: str) -> None:
    def order(number: str) -> dict[str, Any]:
        return {"Filters": [{"Name": "Tags.order", "Operator": "Equals", "Value": number}]}

    mine = {"Name": "ModelPackageGroupName", "Operator": "Contains", "Value": packages}
    either = {"SubExpressions": [order("0"), order("2")], "Operator": "Or"}
    expression = {"Filters": [mine], "SubExpressions": [either]}
    found = cloud.sagemaker.search(Resource="ModelPackageGroup", SearchExpression=expression)["Results"]
    names = {each["ModelPackageGroup"]["ModelPackageGroupName"] for each in found}
    assert names == {"searched-first", "searched-third"}
    both = {"SubExpressions": [order("0"), order("2")]}
    assert cloud.sagemaker.search(Resource="ModelPackageGroup", SearchExpression=both)["Results"] == []


def test_filters_deep_in_an_expression_are_checked(cloud: Cloud) -> None:
    def asks(expression: dict[str, Any]) -> None:
        cloud.sagemaker.search(Resource="TrainingJob", SearchExpression={"SubExpressions": [expression]})

    other = {"Name": "OutputDataConfig.S3OutputPath", "Value": "s3://b"}
    with pytest.raises(ClientError, match=r"OutputDataConfig.S3OutputPath must name a property of InputDataConfig"):
        asks({"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [other]}]})
    with pytest.raises(ClientError, match="has the operator LessThan and no Value"):
        asks({"Filters": [{"Name": "CreationTime", "Operator": "LessThan"}]})


def test_trial_components_are_found_by_their_parents(cloud: Cloud, name: str) -> None:
    cloud.sagemaker.create_experiment(ExperimentName=name, Description="searched")
    cloud.sagemaker.create_trial(TrialName=f"{name}-trial", ExperimentName=name)
    for component in (f"{name}-a", f"{name}-b"):
        cloud.sagemaker.create_trial_component(
            TrialComponentName=component, Parameters={"depth": {"NumberValue": float(len(component))}}
        )
    cloud.sagemaker.associate_trial_component(TrialComponentName=f"{name}-a", TrialName=f"{name}-trial")

    def found(resource: str, member: str, value: str) -> list[dict[str, Any]]:
        condition = {"Name": member, "Operator": "Equals", "Value": value}
        answer = cloud.sagemaker.search(Resource=resource, SearchExpression={"Filters": [condition]})
        return list(answer["Results"])

    [component] = found("ExperimentTrialComponent", "Parents.ExperimentName", name)
    assert component["TrialComponent"]["TrialComponentName"] == f"{name}-a"
    assert component["TrialComponent"]["Parents"] == [{"TrialName": f"{name}-trial", "ExperimentName": name}]
    [trial] = found("ExperimentTrial", "ExperimentName", name)
    assert trial["Trial"]["TrialName"] == f"{name}-trial"
    [experiment] = found("Experiment", "ExperimentName", name)
    assert experiment["Experiment"]["Description"] == "searched"


def test_the_experiment_of_a_training_job_is_described(cloud: Cloud, name: str) -> None:
    said = {"ExperimentName": name, "TrialName": f"{name}-trial"}
    described = cloud.train(name, ExperimentConfig=said)
    assert described["ExperimentConfig"] == said
