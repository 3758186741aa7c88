"""A client of CloudFormation, and stacks that a test leaves behind."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.local_sagemaker.conftest import ClientFactory

GROUP = "AWS::SageMaker::ModelPackageGroup"
LOG_GROUP = "AWS::Logs::LogGroup"
BUCKET = "AWS::S3::Bucket"


def template(resources: Mapping[str, Any], **sections: Any) -> str:
    """Write a template."""
    return json.dumps({"Resources": resources, **sections})


def log_group(name: Any, **members: Any) -> dict[str, Any]:
    """Define a log group."""
    return {"Type": LOG_GROUP, "Properties": {"LogGroupName": name}, **members}


def settled(cloudformation: Any, name: str) -> Any:
    """Wait until nothing more is being done with a stack, and describe it."""
    deadline = time.monotonic() + 60
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            return stack
        assert time.monotonic() < deadline, stack
        time.sleep(0.05)


def history(cloudformation: Any, name: str) -> list[tuple[str, str]]:
    """List what happened, oldest first."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)]


def reasons(cloudformation: Any, name: str, logical_id: str) -> str:
    """Join all that was said of a resource."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    said = (event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == logical_id)
    return "\n".join(said)


def log_groups(client: ClientFactory, prefix: str) -> list[str]:
    """List log groups whose names begin alike."""
    found = client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [group["logGroupName"] for group in found]


@pytest.fixture
def cloudformation(client: ClientFactory) -> Any:
    """A boto3 client of CloudFormation."""
    return client("cloudformation")


@pytest.fixture
def name(cloudformation: Any) -> Iterator[str]:
    """A stack's name; what is left of the stack is deleted."""
    unused = f"stack-{uuid.uuid4().hex[:8]}"
    yield unused
    cloudformation.delete_stack(StackName=unused)
