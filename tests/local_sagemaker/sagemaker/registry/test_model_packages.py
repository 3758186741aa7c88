"""The model registry: groups, versions, approval, and models made of packages, by boto3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import IMAGE, ROLE, Cloud

ARN = "arn:aws:sagemaker:us-east-1:123456789012"


def specification(*containers: Mapping[str, Any]) -> dict[str, Any]:
    """Write an inference specification as the SDKs do."""
    types = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    instances = {"SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"]}
    return {"Containers": list(containers), **types, **instances}


def group(cloud: Cloud, name: str) -> str:
    """Create a group."""
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="tries")
    return name


def version(cloud: Cloud, group: str, *containers: Mapping[str, Any], **request: Any) -> str:
    """Register a version and return its ARN."""
    what = specification(*(containers or (cloud.container(),)))
    made = cloud.sagemaker.create_model_package(ModelPackageGroupName=group, InferenceSpecification=what, **request)
    return str(made["ModelPackageArn"])


def refusal(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def listed(cloud: Cloud, **request: Any) -> list[Any]:
    """List packages, in one page, by version, or by name where they have none."""
    found = cloud.sagemaker.list_model_packages(**request)["ModelPackageSummaryList"]
    return [each.get("ModelPackageVersion", each.get("ModelPackageName")) for each in found]


def test_a_group_is_described_and_listed(cloud: Cloud, name: str) -> None:
    created = cloud.sagemaker.create_model_package_group(
        ModelPackageGroupName=name, ModelPackageGroupDescription="tries", Tags=[{"Key": "team", "Value": "a"}]
    )
    arn = created["ModelPackageGroupArn"]
    assert arn == f"{ARN}:model-package-group/{name}"
    for named in (name, arn):
        described = cloud.sagemaker.describe_model_package_group(ModelPackageGroupName=named)
        assert (described["ModelPackageGroupName"], described["ModelPackageGroupArn"]) == (name, arn)
        assert (described["ModelPackageGroupDescription"], described["ModelPackageGroupStatus"]) == (
            "tries",
            "Completed",
        )
        assert described["CreatedBy"] == {}
    [found] = cloud.sagemaker.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
    assert (found["ModelPackageGroupArn"], found["CreationTime"]) == (arn, described["CreationTime"])
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]


def test_a_group_is_made_once_and_gone_when_it_is_deleted(cloud: Cloud, name: str) -> None:
    arn = f"{ARN}:model-package-group/{group(cloud, name)}"
    with pytest.raises(ClientError) as caught:
        group(cloud, name)
    assert refusal(caught) == ("ValidationException", f"Model Package Group already exists: {arn}")
    cloud.sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    for operation in (cloud.sagemaker.describe_model_package_group, cloud.sagemaker.delete_model_package_group):
        with pytest.raises(ClientError) as caught:
            operation(ModelPackageGroupName=name)
        assert refusal(caught) == ("ValidationException", f"ModelPackageGroup {arn} does not exist.")


def test_a_group_with_versions_is_not_deleted(cloud: Cloud, name: str) -> None:
    arn = version(cloud, group(cloud, name))
    with pytest.raises(ClientError, match="ConflictException"):
        cloud.sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    cloud.sagemaker.delete_model_package(ModelPackageName=arn)
    cloud.sagemaker.delete_model_package_group(ModelPackageGroupName=name)


def test_a_groups_policy_is_kept(cloud: Cloud, name: str) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    put = cloud.sagemaker.put_model_package_group_policy(
        ModelPackageGroupName=group(cloud, name), ResourcePolicy=policy
    )
    assert put["ModelPackageGroupArn"].endswith(name)
    read = cloud.sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)
    assert read["ResourcePolicy"] == policy
    cloud.sagemaker.delete_model_package_group_policy(ModelPackageGroupName=name)
    with pytest.raises(ClientError, match="Cannot find resource policy"):
        cloud.sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)


def test_a_policy_is_json(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError, match="is not JSON"):
        cloud.sagemaker.put_model_package_group_policy(ModelPackageGroupName=group(cloud, name), ResourcePolicy="{")


def test_versions_count_up_and_are_not_given_again(cloud: Cloud, name: str) -> None:
    arns = [version(cloud, group(cloud, name)), version(cloud, f"{ARN}:model-package-group/{name}")]
    assert arns == [f"{ARN}:model-package/{name}/{number}" for number in (1, 2)]
    cloud.sagemaker.delete_model_package(ModelPackageName=arns[1])
    assert version(cloud, name).endswith(f"{name}/3")


def test_a_version_is_described_as_it_was_registered(cloud: Cloud, name: str) -> None:
    report = {"ContentType": "application/json", "S3Uri": "s3://tests/nobody/looks.json"}
    more = {
        "ModelPackageDescription": "the first",
        "ModelMetrics": {"ModelQuality": {"Statistics": report}},
        "DriftCheckBaselines": {"ModelQuality": {"Constraints": report}},
        "CustomerMetadataProperties": {"accuracy": "0.9"},
        "MetadataProperties": {"CommitId": "abc", "GeneratedBy": "a test"},
        "Domain": "MACHINE_LEARNING",
        "Task": "CLASSIFICATION",
        "SkipModelValidation": "All",
    }
    container = {**cloud.container(), "Framework": "SKLEARN", "FrameworkVersion": "1.9-0"}
    arn = version(cloud, group(cloud, name), container, **more)
    for named in (arn, f"{name}/1"):
        described = cloud.sagemaker.describe_model_package(ModelPackageName=named)
        assert {member: described[member] for member in more} == more
        assert (described["ModelPackageGroupName"], described["ModelPackageVersion"]) == (name, 1)
        assert (described["ModelPackageArn"], described["ModelPackageStatus"]) == (arn, "Completed")
        assert described["ModelApprovalStatus"] == "PendingManualApproval"
        assert described["CertifyForMarketplace"] is False
        assert "ModelPackageName" not in described
        [kept] = described["InferenceSpecification"]["Containers"]
        etag = cloud.s3.head_object(Bucket="tests", Key="models/probe/model.tar.gz")["ETag"].strip('"')
        assert kept == {**container, "ModelDataETag": etag}


def test_an_unversioned_package_has_a_name_of_its_own(cloud: Cloud, name: str) -> None:
    what = specification(cloud.container())
    made = cloud.sagemaker.create_model_package(ModelPackageName=name, InferenceSpecification=what)
    assert made["ModelPackageArn"] == f"{ARN}:model-package/{name}"
    described = cloud.sagemaker.describe_model_package(ModelPackageName=name)
    assert described["ModelPackageName"] == name
    assert not {"ModelApprovalStatus", "ModelPackageVersion", "ModelPackageGroupName"} & set(described)
    with pytest.raises(ClientError, match="Model Package already exists"):
        cloud.sagemaker.create_model_package(ModelPackageName=name, InferenceSpecification=what)
    assert listed(cloud, NameContains=name) == [name]
    model = cloud.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"ModelPackageName": name}
    )
    assert model["ModelArn"].endswith(name)


def test_one_client_token_makes_one_package(cloud: Cloud, name: str) -> None:
    group(cloud, name)
    token = f"token-{name}"
    assert version(cloud, name, ClientToken=token) == version(cloud, name, ClientToken=token)
    assert listed(cloud, ModelPackageGroupName=name) == [1]


def test_versions_are_listed_by_group_and_approval_in_either_order(cloud: Cloud, name: str) -> None:
    group(cloud, name)
    for approval in ("Approved", "Rejected", "Approved", "PendingManualApproval"):
        version(cloud, name, ModelApprovalStatus=approval)
    assert listed(cloud, ModelPackageGroupName=name) == [4, 3, 2, 1]
    assert listed(cloud, ModelPackageGroupName=name, SortOrder="Ascending") == [1, 2, 3, 4]
    approved = {"ModelPackageGroupName": name, "ModelApprovalStatus": "Approved", "SortBy": "CreationTime"}
    assert listed(cloud, **approved, SortOrder="Descending", MaxResults=1) == [3]
    assert listed(cloud, **approved, SortOrder="Ascending") == [1, 3]
    assert listed(cloud, NameContains=name) == [], "without a group or type only unversioned ones are listed"
    assert sorted(listed(cloud, NameContains=name, ModelPackageType="Versioned")) == [1, 2, 3, 4]
    [newest, *_] = cloud.sagemaker.list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"]
    assert newest["ModelPackageArn"] == f"{ARN}:model-package/{name}/4"
    assert (newest["ModelApprovalStatus"], newest["ModelPackageStatus"]) == ("PendingManualApproval", "Completed")


def test_versions_come_in_pages(cloud: Cloud, name: str) -> None:
    group(cloud, name)
    for _ in range(5):
        version(cloud, name)
    pages = cloud.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=name, PaginationConfig={"PageSize": 2}
    )
    found = [[each["ModelPackageVersion"] for each in page["ModelPackageSummaryList"]] for page in pages]
    assert found == [[5, 4], [3, 2], [1]]


def test_an_update_changes_what_it_says_and_nothing_else(cloud: Cloud, name: str) -> None:
    arn = version(cloud, group(cloud, name), CustomerMetadataProperties={"a": "1", "b": "2"})
    neo = {"Name": "neo", **specification(cloud.container())}
    cloud.sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="looks good",
        CustomerMetadataProperties={"b": "3", "c": "4"},
        CustomerMetadataPropertiesToRemove=["a"],
        AdditionalInferenceSpecificationsToAdd=[neo],
    )
    described = cloud.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Approved", "looks good")
    assert described["CustomerMetadataProperties"] == {"b": "3", "c": "4"}
    assert [each["Name"] for each in described["AdditionalInferenceSpecifications"]] == ["neo"]
    assert described["LastModifiedTime"] > described["CreationTime"]
    assert described["InferenceSpecification"]["SupportedContentTypes"] == ["text/csv"]
    with pytest.raises(ClientError, match="an inference specification neo already"):
        cloud.sagemaker.update_model_package(ModelPackageArn=arn, AdditionalInferenceSpecificationsToAdd=[neo])


def test_a_batch_describes_what_is_there_and_names_what_is_not(cloud: Cloud, name: str) -> None:
    arn, absent = version(cloud, group(cloud, name)), f"{ARN}:model-package/{name}/9"
    answer = cloud.sagemaker.batch_describe_model_package(ModelPackageArnList=[arn, absent])
    [(found, summary)] = answer["ModelPackageSummaries"].items()
    assert (found, summary["ModelPackageVersion"]) == (arn, 1)
    assert summary["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE
    assert list(answer["BatchDescribeModelPackageErrorMap"]) == [absent]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"ModelPackageName": "a", "ModelPackageGroupName": "b"}, "Exactly one of ModelPackageName"),
        ({}, "Exactly one of ModelPackageName"),
        (
            {"ModelPackageGroupName": "no-such-group"},
            f"ModelPackageGroup {ARN}:model-package-group/no-such-group does not",
        ),
        ({"ModelPackageName": "a", "ModelApprovalStatus": "Approved"}, "does not apply to unversioned"),
        ({"ModelPackageGroupName": f"{ARN.replace('us-east-1', 'eu-west-1')}:model-package-group/b"}, "does not exist"),
        ({"ModelPackageName": "a", "CertifyForMarketplace": True}, "CertifyForMarketplace=True"),
    ],
)
def test_what_aws_refuses_is_refused(cloud: Cloud, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.create_model_package(InferenceSpecification=specification(cloud.container()), **request_)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert message in caught.value.response["Error"]["Message"]


def test_an_artefact_has_to_be_there(cloud: Cloud, name: str) -> None:
    group(cloud, name)
    container = {"Image": IMAGE, "ModelDataUrl": "s3://tests/absent/model.tar.gz"}
    with pytest.raises(ClientError) as caught:
        version(cloud, name, container)
    assert refusal(caught) == (
        "ValidationException",
        "Cannot find S3 object: absent/model.tar.gz in bucket tests. "
        "Please check if your S3 object exists and has proper permissions for SageMaker.",
    )
    assert version(cloud, name).endswith("/1"), "what was refused takes no version"


@pytest.mark.parametrize("approval", ["PendingManualApproval", "Rejected"])
def test_what_is_not_approved_is_not_deployed(cloud: Cloud, name: str, approval: str) -> None:
    arn = version(cloud, group(cloud, name), ModelApprovalStatus=approval)
    with pytest.raises(ClientError, match=f"{arn} is {approval}: .* must be Approved"):
        cloud.model(name, {"ModelPackageName": arn})
    cloud.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    cloud.model(name, {"ModelPackageName": arn})


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"ModelPackageName": "absent/1"}, f"ModelPackage {ARN}:model-package/absent/1 does not exist."),
        ({"Image": IMAGE, "InferenceSpecificationName": "neo"}, "needs the ModelPackageName"),
    ],
)
def test_a_container_names_a_package_that_is_there(
    cloud: Cloud, name: str, container: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.model(name, container)
    assert message in caught.value.response["Error"]["Message"]


def test_a_container_is_a_package_or_an_image(cloud: Cloud, name: str) -> None:
    arn = version(cloud, group(cloud, name), ModelApprovalStatus="Approved")
    with pytest.raises(ClientError, match="either a ModelPackageName or Image"):
        cloud.model(name, {**cloud.container(), "ModelPackageName": arn})


def test_environment_of_several_containers_is_refused_by_name(cloud: Cloud, name: str) -> None:
    containers = [cloud.container(), cloud.container()]
    arn = version(cloud, group(cloud, name), *containers, ModelApprovalStatus="Approved")
    with pytest.raises(ClientError, match="Environment beside a ModelPackageName of several containers"):
        cloud.model(name, {"ModelPackageName": arn, "Environment": {"A": "1"}})


def latest_approved(cloud: Cloud, group: str) -> str:
    """Find the newest approved version as AWS's deployment templates do."""
    found = cloud.sagemaker.list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved", SortBy="CreationTime", MaxResults=100
    )
    return str(found["ModelPackageSummaryList"][0]["ModelPackageArn"])


def test_the_latest_approved_pipeline_is_deployed_and_answers(cloud: Cloud, name: str) -> None:
    group(cloud, name)

    def pipeline(*names: str) -> list[dict[str, Any]]:
        return [cloud.container(PROBE="trace", NAME=each) for each in names]

    version(cloud, name, *pipeline("old-1", "old-2"), ModelApprovalStatus="Approved")
    version(cloud, name, *pipeline("good-1", "good-2"), ModelApprovalStatus="Approved")
    version(cloud, name, *pipeline("new-1", "new-2"))
    arn = latest_approved(cloud, name)
    assert arn.endswith("/2")
    cloud.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, Containers=[{"ModelPackageName": arn}])
    assert cloud.sagemaker.describe_model(ModelName=name)["Containers"] == [{"ModelPackageName": arn}]
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=cloud.config(name, name))
    cloud.wait_in_service(name)
    answer = json.loads(cloud.invoke(name, b"a", ContentType="text/csv"))
    cloud.delete_endpoint(name)
    assert [each["name"] for each in answer] == ["good-1", "good-2"]


def test_a_models_environment_goes_over_its_packages(cloud: Cloud, name: str) -> None:
    arn = version(
        cloud, group(cloud, name), cloud.container(PROBE="trace", NAME="package"), ModelApprovalStatus="Approved"
    )
    cloud.endpoint(name, {"ModelPackageName": arn, "Environment": {"NAME": "model"}})
    answer = json.loads(cloud.invoke(name, b"a", ContentType="text/csv"))
    cloud.delete_endpoint(name)
    assert [each["name"] for each in answer] == ["model"]


def test_an_additional_specification_is_deployed_by_its_name(cloud: Cloud, name: str) -> None:
    arn = version(
        cloud,
        group(cloud, name),
        ModelApprovalStatus="Approved",
        AdditionalInferenceSpecifications=[
            {"Name": "other", **specification(cloud.container(PROBE="trace", NAME="o"))}
        ],
    )
    cloud.endpoint(name, {"ModelPackageName": arn, "InferenceSpecificationName": "other"})
    answer = json.loads(cloud.invoke(name, b"a", ContentType="text/csv"))
    cloud.delete_endpoint(name)
    assert [each["name"] for each in answer] == ["o"]


@pytest.mark.long
def test_the_registry_survives_the_server(own_state: StateDirectory) -> None:
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        arn = version(cloud, group(cloud, "kept"), ModelApprovalStatus="Approved")
        before = cloud.sagemaker.describe_model_package(ModelPackageName=arn)
    stop(own_state)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        after = cloud.sagemaker.describe_model_package(ModelPackageName=arn)
        assert version(cloud, "kept").endswith("/2")
    for each in (before, after):
        each.pop("ResponseMetadata")
    assert before == after
