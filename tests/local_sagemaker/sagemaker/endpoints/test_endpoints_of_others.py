"""Endpoints that a stack makes and changes, and that a schedule deletes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.cloudformation.conftest import history, settled, template
from tests.local_sagemaker.sagemaker.cloud import ROLE, Cloud
from tests.local_sagemaker.sagemaker.processes import until


def client(environment: dict[str, str], service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def make_expiring(scheduler: Any, name: str) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=1.1)
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({moment.strftime('%Y-%m-%dT%H:%M:%S')})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint",
            "RoleArn": ROLE,
            "Input": json.dumps({"EndpointName": name}),
        },
        ActionAfterCompletion="DELETE",
    )


def body_of(name: str, container: dict[str, Any]) -> str:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialInstanceCount": "1",
        "InstanceType": "ml.m5.large",
    }
    config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    resources = {
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container},
        },
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointName": name, "EndpointConfigName": config},
        },
    }
    return template(resources, Outputs={"Arn": {"Value": {"Ref": "Endpoint"}}})


def test_a_stack_makes_an_endpoint_and_moves_it_to_another_model(
    cloud: Cloud, environment: dict[str, str], name: str
) -> None:
    cloudformation = client(environment, "cloudformation")
    traced = {"PROBE": "trace"}
    stack_id = cloudformation.create_stack(
        StackName=name, TemplateBody=body_of(name, cloud.container(NAME="one", **traced))
    )["StackId"]
    stack = settled(cloudformation, name)
    assert stack["StackStatus"] == "CREATE_COMPLETE", history(cloudformation, name)
    assert stack["Outputs"][0]["OutputValue"] == f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}"
    assert json.loads(cloud.invoke(name, b"x", ContentType="text/csv"))[0]["name"] == "one"
    cloudformation.update_stack(StackName=name, TemplateBody=body_of(name, cloud.container(NAME="two", **traced)))
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE", history(cloudformation, name)
    assert json.loads(cloud.invoke(name, b"x", ContentType="text/csv"))[0]["name"] == "two"
    cloudformation.delete_stack(StackName=name)
    assert settled(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE", history(cloudformation, stack_id)
    with pytest.raises(ClientError, match="Could not find"):
        cloud.sagemaker.describe_endpoint(EndpointName=name)
    assert cloud.sagemaker.list_models(NameContains=name)["Models"] == []


def test_a_schedule_deletes_an_endpoint_when_its_time_is_up(
    cloud: Cloud, environment: dict[str, str], name: str
) -> None:
    scheduler = client(environment, "scheduler")
    cloud.endpoint(name, cloud.container())
    make_expiring(scheduler, name)
    until(lambda: not scheduler.list_schedules(NamePrefix=name)["Schedules"])
    cloud.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1})


def test_a_schedule_waits_for_the_update_that_it_falls_into(
    cloud: Cloud, environment: dict[str, str], state: StateDirectory, name: str
) -> None:
    scheduler = client(environment, "scheduler")
    cloud.endpoint(name, cloud.container())
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 4}
    other = cloud.config(f"{name}-2", name)
    cloud.sagemaker.update_endpoint(
        EndpointName=name, EndpointConfigName=other, DeploymentConfig={"BlueGreenUpdatePolicy": policy}
    )
    make_expiring(scheduler, name)
    until(lambda: not scheduler.list_schedules(NamePrefix=name)["Schedules"])
    assert f"schedule {name} failed and is tried again" in state.log_file.read_text()
    cloud.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1})
