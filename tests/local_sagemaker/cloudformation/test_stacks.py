"""Stacks over unmodified boto3: made, changed, rolled back and removed by the services of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import stacks_page
from tests.local_sagemaker.cloudformation.conftest import (
    BUCKET,
    GROUP,
    history,
    log_group,
    log_groups,
    reasons,
    settled,
    template,
)
from tests.local_sagemaker.conftest import ClientFactory

ASSUMED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
}


def reading(resource: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_stack_is_made_in_the_order_of_its_references(cloudformation: Any, client: ClientFactory, name: str) -> None:
    body = template(
        {
            "Second": log_group({"Fn::Sub": "/${First}/${AWS::StackName}"}),
            "First": log_group({"Ref": "Name"}),
        },
        Parameters={"Name": {"Type": "String", "Default": f"/{name}"}},
        Outputs={
            "Arn": {"Value": {"Fn::GetAtt": ["Second", "Arn"]}},
            "Both": {"Value": {"Fn::Join": [",", [{"Ref": "First"}]]}},
        },
    )
    made = cloudformation.create_stack(StackName=name, TemplateBody=body, Tags=[{"Key": "k", "Value": "v"}])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    stack = settled(cloudformation, name)
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs == {
        "Arn": f"arn:aws:logs:us-east-1:123456789012:log-group://{name}/{name}:*",
        "Both": f"/{name}",
    }
    assert (stack["StackId"], stack["Tags"]) == (made["StackId"], [{"Key": "k", "Value": "v"}])
    steps = history(cloudformation, name)
    assert steps.index(("First", "CREATE_COMPLETE")) < steps.index(("Second", "CREATE_IN_PROGRESS"))
    assert log_groups(client, f"/{name}") == [f"/{name}"]
    resources = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert {each["LogicalResourceId"]: each["ResourceStatus"] for each in resources} == dict.fromkeys(
        ("First", "Second"), "CREATE_COMPLETE"
    )


def test_deleting_a_stack_removes_what_it_made_and_nothing_else(
    cloudformation: Any, client: ClientFactory, name: str
) -> None:
    client("logs").create_log_group(logGroupName=f"/{name}/stranger")
    kept = log_group(f"/{name}/kept", DeletionPolicy="Retain")
    body = template({"One": log_group(f"/{name}/one"), "Kept": kept})
    stack_id = cloudformation.create_stack(StackName=name, TemplateBody=body)["StackId"]
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE"
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig={"Delay": 1})
    assert log_groups(client, f"/{name}/") == [f"/{name}/kept", f"/{name}/stranger"]
    assert ("Kept", "DELETE_SKIPPED") in history(cloudformation, stack_id)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)
    deleted = cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert stack_id in {each["StackId"] for each in deleted}


def test_a_stack_that_fails_in_the_middle_is_rolled_back(cloudformation: Any, client: ClientFactory, name: str) -> None:
    client("logs").create_log_group(logGroupName=f"/{name}/stranger")
    body = template(
        {"One": log_group(f"/{name}/one"), "Two": log_group(f"/{name}/stranger", DependsOn="One")},
    )
    cloudformation.create_stack(StackName=name, TemplateBody=body)
    stack = settled(cloudformation, name)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    steps = history(cloudformation, name)
    assert steps.index(("One", "CREATE_COMPLETE")) < steps.index(("Two", "CREATE_FAILED"))
    assert f"/{name}/stranger already exists" in reasons(cloudformation, name, "Two")
    assert "failed to create: [Two]. Rollback requested" in reasons(cloudformation, name, name)
    assert log_groups(client, f"/{name}/") == [f"/{name}/stranger"]
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        cloudformation.update_stack(StackName=name, TemplateBody=body)


def test_a_failure_that_is_not_rolled_back_leaves_what_was_made(
    cloudformation: Any, client: ClientFactory, name: str
) -> None:
    client("logs").create_log_group(logGroupName=f"/{name}/stranger")
    body = template({"One": log_group(f"/{name}/one"), "Two": log_group(f"/{name}/stranger", DependsOn=["One"])})
    cloudformation.create_stack(StackName=name, TemplateBody=body, OnFailure="DO_NOTHING")
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_FAILED"
    assert len(log_groups(client, f"/{name}/")) == 2
    stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    assert settled(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert log_groups(client, f"/{name}/") == [f"/{name}/stranger"]


def test_a_bucket_with_objects_is_not_deleted(cloudformation: Any, s3: Any, name: str) -> None:
    bucket = f"{name}-bucket"
    encrypted = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    properties = {"BucketName": bucket, "BucketEncryption": encrypted}
    policy = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {}}}
    body = template({"Bucket": {"Type": BUCKET, "Properties": properties}, "Policy": policy})
    stack_id = cloudformation.create_stack(StackName=name, TemplateBody=body)["StackId"]
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE"
    assert "not enforced here: BucketEncryption (objects are not encrypted)" in reasons(cloudformation, name, "Bucket")
    assert "not enforced here: no policy is enforced" in reasons(cloudformation, name, "Policy")
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    cloudformation.delete_stack(StackName=name)
    stack = settled(cloudformation, name)
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "The following resource(s) failed to delete: [Bucket]" in stack["StackStatusReason"]
    assert "BucketNotEmpty" in reasons(cloudformation, name, "Bucket")
    s3.delete_object(Bucket=bucket, Key="key")
    cloudformation.delete_stack(StackName=name)
    assert settled(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}


def test_what_could_not_be_deleted_can_be_left_to_the_user(cloudformation: Any, s3: Any, name: str) -> None:
    bucket = f"{name}-bucket"
    body = template({"Bucket": {"Type": BUCKET, "Properties": {"BucketName": bucket}}})
    stack_id = cloudformation.create_stack(StackName=name, TemplateBody=body)["StackId"]
    settled(cloudformation, name)
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    cloudformation.delete_stack(StackName=name)
    assert settled(cloudformation, name)["StackStatus"] == "DELETE_FAILED"
    cloudformation.delete_stack(StackName=name, RetainResources=["Bucket"])
    assert settled(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert s3.head_object(Bucket=bucket, Key="key")["ContentLength"] == 1


def test_an_update_adds_replaces_and_removes(cloudformation: Any, client: ClientFactory, name: str) -> None:
    before = {"Gone": log_group(f"/{name}/gone"), "Moved": log_group(f"/{name}/old"), "Same": log_group(f"/{name}/s")}
    cloudformation.create_stack(StackName=name, TemplateBody=template(before))
    settled(cloudformation, name)
    after = {"Moved": log_group(f"/{name}/new"), "Same": log_group(f"/{name}/s"), "Added": log_group(f"/{name}/a")}
    cloudformation.update_stack(StackName=name, TemplateBody=template(after))
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"
    assert log_groups(client, f"/{name}/") == [f"/{name}/a", f"/{name}/new", f"/{name}/s"]
    steps = history(cloudformation, name)
    assert ("Same", "UPDATE_IN_PROGRESS") not in steps
    assert steps.index(("Added", "CREATE_COMPLETE")) < steps.index(("Gone", "DELETE_IN_PROGRESS"))
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName=name, UsePreviousTemplate=True)


def test_an_update_that_fails_goes_back_to_what_was(cloudformation: Any, client: ClientFactory, name: str) -> None:
    client("logs").create_log_group(logGroupName=f"/{name}/stranger")
    before = {"Moved": log_group(f"/{name}/old"), "Changed": log_group(f"/{name}/c", DependsOn="Moved")}
    cloudformation.create_stack(StackName=name, TemplateBody=template(before))
    settled(cloudformation, name)
    after = {
        "Moved": log_group(f"/{name}/new"),
        "Changed": {**log_group(f"/{name}/c", DependsOn="Moved")},
        "Taken": log_group(f"/{name}/stranger", DependsOn="Changed"),
    }
    after["Changed"]["Properties"]["RetentionInDays"] = 7
    cloudformation.update_stack(StackName=name, TemplateBody=template(after))
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert log_groups(client, f"/{name}/") == [f"/{name}/c", f"/{name}/old", f"/{name}/stranger"]
    assert cloudformation.get_template(StackName=name)["TemplateBody"] == json.loads(template(before))
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources} == {
        "Moved": f"/{name}/old",
        "Changed": f"/{name}/c",
    }
    cloudformation.update_stack(StackName=name, TemplateBody=template({"Moved": before["Moved"]}))
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"


def test_roles_and_policies_are_made_changed_and_removed(cloudformation: Any, client: ClientFactory, name: str) -> None:
    iam = client("iam")

    def body(resource: str) -> str:
        inline = {"PolicyName": "inline", "PolicyDocument": reading({"Fn::Sub": f"arn:aws:s3:::{resource}/*"})}
        role = {"AssumeRolePolicyDocument": ASSUMED, "Policies": [inline]}
        policy = {"Roles": [{"Ref": "Role"}], "PolicyDocument": reading(f"arn:aws:s3:::{resource}")}
        return template(
            {
                "Role": {"Type": "AWS::IAM::Role", "Properties": role},
                "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy},
            },
            Outputs={"Role": {"Value": {"Ref": "Role"}}, "Policy": {"Value": {"Ref": "Policy"}}},
        )

    with pytest.raises(ClientError, match=r"InsufficientCapabilitiesException.*CAPABILITY_IAM"):
        cloudformation.create_stack(StackName=name, TemplateBody=body("a"))
    common: dict[str, Any] = {"StackName": name, "Capabilities": ["CAPABILITY_IAM"]}
    cloudformation.create_stack(**common, TemplateBody=body("a"), Tags=[{"Key": "project", "Value": "p"}])
    outputs = {each["OutputKey"]: each["OutputValue"] for each in settled(cloudformation, name)["Outputs"]}
    role, policy = outputs["Role"], outputs["Policy"]
    assert iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "project", "Value": "p"}]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"][0]["PolicyArn"] == policy
    cloudformation.update_stack(**common, TemplateBody=body("b"))
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"
    document = iam.get_role_policy(RoleName=role, PolicyName="inline")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == "arn:aws:s3:::b/*"
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    current = iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]
    assert current["Document"]["Statement"][0]["Resource"] == "arn:aws:s3:::b"
    stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    assert settled(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=role)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_policy(PolicyArn=policy)


def test_a_strangers_role_of_the_same_name_is_untouched(cloudformation: Any, client: ClientFactory, name: str) -> None:
    iam = client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ASSUMED), Description="a stranger's")
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name, "AssumeRolePolicyDocument": ASSUMED}}
    with pytest.raises(ClientError, match="CAPABILITY_NAMED_IAM"):
        cloudformation.create_stack(
            StackName=name, TemplateBody=template({"Role": role}), Capabilities=["CAPABILITY_IAM"]
        )
    cloudformation.create_stack(
        StackName=name, TemplateBody=template({"Role": role}), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    assert settled(cloudformation, name)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert f"{name} already exists" in reasons(cloudformation, name, "Role")
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "a stranger's"


def test_schedules_alarms_and_groups_of_models_are_made_by_their_services(
    cloudformation: Any, client: ClientFactory, name: str
) -> None:
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "Input": {"Fn::Sub": '{"EndpointName": "${AWS::StackName}"}'},
    }
    schedule = {
        "GroupName": {"Ref": "Group"},
        "ScheduleExpression": "at(2100-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    alarm = {
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Period": "60",
        "EvaluationPeriods": "1",
        "Threshold": "1",
        "Statistic": "Sum",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    body = template(
        {
            "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": name}},
            "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
            "Models": {"Type": GROUP, "Properties": {"ModelPackageGroupName": name}},
            "Budget": {
                "Type": "AWS::Budgets::Budget",
                "Properties": {"Budget": {"BudgetType": "COST", "TimeUnit": "MONTHLY"}},
            },
        }
    )
    stack_id = cloudformation.create_stack(StackName=name, TemplateBody=body)["StackId"]
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE", history(cloudformation, name)
    [listed] = client("scheduler").list_schedules(GroupName=name)["Schedules"]
    kept = client("scheduler").get_schedule(GroupName=name, Name=listed["Name"])
    assert kept["Target"]["Input"] == f'{{"EndpointName": "{name}"}}'
    assert client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["Threshold"] == 1.0
    assert client("sagemaker").describe_model_package_group(ModelPackageGroupName=name)["ModelPackageGroupArn"]
    assert "nobody is notified" in reasons(cloudformation, name, "Budget")
    cloudformation.delete_stack(StackName=name)
    assert settled(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE", history(cloudformation, stack_id)
    assert name not in {each["Name"] for each in client("scheduler").list_schedule_groups()["ScheduleGroups"]}
    assert client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    with pytest.raises(ClientError, match="does not exist"):
        client("sagemaker").describe_model_package_group(ModelPackageGroupName=name)


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"Type": "AWS::EC2::SecurityGroup"}, "does not make AWS::EC2::SecurityGroup \\(Second\\)"),
        ({"Type": BUCKET, "Properties": {"WebsiteConfiguration": {}}}, "WebsiteConfiguration of AWS::S3::Bucket"),
        ({"Type": BUCKET, "CreationPolicy": {}}, "CreationPolicy"),
        ({"Type": BUCKET, "DeletionPolicy": "Snapshot"}, "Snapshot"),
        ({"Type": BUCKET, "Properties": {"BucketName": {"Ref": "Nowhere"}}}, "Unresolved resource dependencies"),
        ({"Type": BUCKET, "Properties": {"BucketName": {"Fn::ImportValue": "x"}}}, "Fn::ImportValue"),
    ],
)
def test_what_is_not_done_here_is_refused_before_anything_is_made(
    cloudformation: Any, client: ClientFactory, name: str, resource: dict[str, Any], said: str
) -> None:
    body = template({"First": log_group(f"/{name}"), "Second": resource})
    with pytest.raises(ClientError, match=said):
        cloudformation.create_stack(StackName=name, TemplateBody=body)
    assert log_groups(client, f"/{name}") == []
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)


def test_a_secret_is_never_shown(cloudformation: Any, name: str) -> None:
    body = template(
        {"Group": {"Type": GROUP, "Properties": {"ModelPackageGroupDescription": {"Ref": "Secret"}}}},
        Parameters={"Secret": {"Type": "String", "NoEcho": True}},
    )
    parameters = [{"ParameterKey": "Secret", "ParameterValue": "hush-hush"}]
    cloudformation.create_stack(StackName=name, TemplateBody=body, Parameters=parameters)
    assert settled(cloudformation, name)["Parameters"] == [{"ParameterKey": "Secret", "ParameterValue": "****"}]
    assert "hush-hush" not in str(cloudformation.describe_stack_events(StackName=name))


def test_a_protected_stack_is_not_deleted(cloudformation: Any, client: ClientFactory, name: str) -> None:
    body = template({"One": log_group(f"/{name}")})
    cloudformation.create_stack(StackName=name, TemplateBody=body, EnableTerminationProtection=True)
    settled(cloudformation, name)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName=name)
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    assert log_groups(client, f"/{name}") == [f"/{name}"]


def test_a_name_is_taken_once(cloudformation: Any, name: str) -> None:
    body = template({"One": log_group(f"/{name}")})
    cloudformation.create_stack(StackName=name, TemplateBody=body)
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        cloudformation.create_stack(StackName=name, TemplateBody=body)
    with pytest.raises(ClientError, match="regular expression pattern"):
        cloudformation.create_stack(StackName="1_b", TemplateBody=body)
    cloudformation.delete_stack(StackName="never-was")


def test_the_documented_types_are_those_of_the_code() -> None:
    assert stacks_page.PAGE.read_text(encoding="utf-8") == stacks_page.page(), "run python -m tests.stacks_page"


def test_a_strangers_bucket_and_alarm_are_not_taken_for_the_stacks(
    cloudformation: Any, client: ClientFactory, s3: Any, name: str
) -> None:
    alarm: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": "n",
        "MetricName": "m",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Statistic": "Sum",
        "ComparisonOperator": "GreaterThanThreshold",
    }
    client("cloudwatch").put_metric_alarm(**alarm, Threshold=1.0)
    s3.create_bucket(Bucket=name)
    for resource in (
        {"Type": BUCKET, "Properties": {"BucketName": name}},
        {"Type": "AWS::CloudWatch::Alarm", "Properties": {**alarm, "Threshold": 2.0}},
    ):
        stack_id = cloudformation.create_stack(StackName=name, TemplateBody=template({"One": resource}))["StackId"]
        assert settled(cloudformation, name)["StackStatus"] == "ROLLBACK_COMPLETE"
        assert f"{name} already exists" in reasons(cloudformation, name, "One")
        cloudformation.delete_stack(StackName=name)
        assert settled(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert name in {each["Name"] for each in s3.list_buckets()["Buckets"]}
    assert client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["Threshold"] == 1.0
