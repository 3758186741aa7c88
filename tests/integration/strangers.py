"""Somebody else's things whose names begin as ours do, and a listing of what is there, by boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Clients = Callable[[str], Any]
"""Makes the client of a service."""


def make(clients: Clients, name: str) -> None:
    """Make a model, a group of versions, an alarm, a bucket with an object and a schedule of a stranger's."""
    sagemaker, name = clients("sagemaker"), f"{name}-too"
    role = "arn:aws:iam::123456789012:role/somebody"
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=role,
        PrimaryContainer={"Image": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"},
    )
    clients("cloudwatch").put_metric_alarm(
        AlarmName=f"{name}-5xx-errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "AllTraffic"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    s3 = clients("s3")
    place = {"CreateBucketConfiguration": {"LocationConstraint": s3.meta.region_name}}
    s3.create_bucket(Bucket=name, **(place if s3.meta.region_name != "us-east-1" else {}))
    s3.put_object(Bucket=name, Key=f"{name}/runs/1/run.json", Body=b"somebody's")
    clients("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="at(2040-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint",
            "RoleArn": role,
            "Input": f'{{"EndpointName": "{name}"}}',
        },
    )


def listing(clients: Clients) -> dict[str, list[str]]:
    """List what is there, of each service that the commands touch."""
    sagemaker, scaling, iam, s3 = (clients(name) for name in ("sagemaker", "application-autoscaling", "iam", "s3"))
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    stacks = clients("cloudformation").list_stacks()["StackSummaries"]
    buckets = [item["Name"] for item in s3.list_buckets()["Buckets"]]
    return {
        "endpoints": [item["EndpointName"] for item in sagemaker.list_endpoints()["Endpoints"]],
        "configurations": [item["EndpointConfigName"] for item in sagemaker.list_endpoint_configs()["EndpointConfigs"]],
        "models": [item["ModelName"] for item in sagemaker.list_models()["Models"]],
        "groups": [item["ModelPackageGroupName"] for item in groups],
        "alarms": [item["AlarmName"] for item in clients("cloudwatch").describe_alarms()["MetricAlarms"]],
        "targets": [
            item["ResourceId"]
            for item in scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        ],
        "policies of scaling": [
            item["PolicyName"]
            for item in scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
        ],
        "schedules": [item["Name"] for item in clients("scheduler").list_schedules()["Schedules"]],
        "stacks": [item["StackName"] for item in stacks if item["StackStatus"] != "DELETE_COMPLETE"],
        "roles": [item["RoleName"] for item in iam.list_roles()["Roles"]],
        "policies": [item["PolicyName"] for item in iam.list_policies(Scope="Local")["Policies"]],
        "objects": [
            f"{bucket}/{item['Key']}"
            for bucket in buckets
            for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        ],
        "buckets": buckets,
    }
