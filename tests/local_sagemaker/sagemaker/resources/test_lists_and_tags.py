"""`List…` operations with their filters and pages, and tags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.cloud import ROLE, Cloud

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")


@pytest.fixture(scope="module")
def models(cloud: Cloud) -> str:
    """Five models, created in this order; the word that all their names share."""
    for word in NAMES:
        cloud.model(f"listed-{word}", cloud.container())
    return "listed"


def names(cloud: Cloud, **filters: Any) -> list[str]:
    pages = cloud.sagemaker.get_paginator("list_models").paginate(NameContains="listed", **filters)
    return [model["ModelName"].removeprefix("listed-") for page in pages for model in page["Models"]]


def test_the_newest_comes_first(cloud: Cloud, models: str) -> None:
    assert names(cloud) == [*reversed(NAMES)]


def test_names_are_sorted_both_ways(cloud: Cloud, models: str) -> None:
    assert names(cloud, SortBy="Name", SortOrder="Ascending") == sorted(NAMES)
    assert names(cloud, SortBy="Name", SortOrder="Descending") == sorted(NAMES, reverse=True)


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_pages_joined_are_the_list(cloud: Cloud, models: str, order: str) -> None:
    whole = names(cloud, SortOrder=order)
    assert names(cloud, SortOrder=order, PaginationConfig={"PageSize": 2}) == whole
    first = cloud.sagemaker.list_models(NameContains="listed", MaxResults=2, SortOrder=order)
    assert len(first["Models"]) == 2
    assert "NextToken" in first


def test_a_list_is_filtered_by_name_and_time(cloud: Cloud, models: str) -> None:
    described = cloud.sagemaker.describe_model(ModelName="listed-gamma")["CreationTime"]
    assert set(names(cloud, CreationTimeAfter=described)) >= {"gamma", "delta", "epsilon"}
    assert "gamma" not in names(cloud, CreationTimeBefore=described)
    assert names(cloud, CreationTimeAfter=datetime.now(UTC) + timedelta(hours=1)) == []
    found = cloud.sagemaker.list_models(NameContains="listed-b")["Models"]
    assert [model["ModelName"] for model in found] == ["listed-beta"]


def test_a_token_of_another_make_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.list_models(NextToken="bm90aGluZw==")
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_token_of_another_list_or_order_is_refused(cloud: Cloud, models: str) -> None:
    token = cloud.sagemaker.list_models(NameContains="listed", MaxResults=2)["NextToken"]
    for asked in (
        lambda: cloud.sagemaker.list_models(NextToken=token, SortOrder="Ascending"),
        lambda: cloud.sagemaker.list_models(NextToken=token, SortBy="Name"),
        lambda: cloud.sagemaker.list_endpoints(NextToken=token),
        lambda: cloud.sagemaker.list_tags(
            ResourceArn=f"arn:aws:sagemaker:us-east-1:123456789012:model/{models}-beta", NextToken=token
        ),
    ):
        with pytest.raises(ClientError) as caught:
            asked()
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        assert "Invalid pagination token" in caught.value.response["Error"]["Message"]


def test_jobs_are_filtered_by_status(cloud: Cloud, name: str) -> None:
    cloud.train(name)
    cloud.train(f"{name}-failed", HyperParameters={"task": '"fail"'})
    failed = cloud.sagemaker.list_training_jobs(NameContains=name, StatusEquals="Failed")["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in failed] == [f"{name}-failed"]
    both = cloud.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert [job["TrainingJobStatus"] for job in both] == ["Completed", "Failed"]
    assert cloud.sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"] == []
    assert cloud.sagemaker.list_endpoints(NameContains=name, StatusEquals="InService")["Endpoints"] == []
    assert cloud.sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"] == []


def test_tags_come_with_a_resource_and_go_with_it(cloud: Cloud, name: str) -> None:
    created = cloud.sagemaker.create_model(
        ModelName=name,
        PrimaryContainer=cloud.container(),
        ExecutionRoleArn=ROLE,
        Tags=[{"Key": "owner", "Value": "me"}, {"Key": "kind", "Value": "test"}],
    )
    arn = created["ModelArn"]
    cloud.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "you"}])
    cloud.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["kind"])
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "you"}]
    cloud.sagemaker.delete_model(ModelName=name)
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.list_tags(ResourceArn=arn)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    cloud.model(name, cloud.container())
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == []


def test_fifty_tags_are_the_most(cloud: Cloud, name: str) -> None:
    cloud.model(name, cloud.container())
    arn = cloud.sagemaker.describe_model(ModelName=name)["ModelArn"]
    cloud.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{place}", "Value": ""} for place in range(50)])
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "one-more", "Value": ""}])
    assert caught.value.response["Error"]["Code"] == "ResourceLimitExceeded"
    assert len(cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 50
