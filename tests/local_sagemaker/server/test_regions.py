"""A client of any region finds the server in its own."""

from __future__ import annotations

import uuid
from typing import Any

import boto3
import pytest

from local_sagemaker.daemon import RunningServer

REGION = "eu-central-1"


@pytest.fixture
def session() -> boto3.Session:
    """A session of another region than the server's default."""
    return boto3.Session("local", "local", region_name=REGION)


def client(session: boto3.Session, server: RunningServer, service: str) -> Any:
    """Make a client of the server."""
    return session.client(service, endpoint_url=server.url)  # type: ignore[call-overload]


def test_a_bucket_is_made_and_found_there(server: RunningServer, session: boto3.Session) -> None:
    s3, bucket = client(session, server, "s3"), f"bucket-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == REGION
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == REGION


def test_arns_are_of_the_region(server: RunningServer, session: boto3.Session) -> None:
    logs, group = client(session, server, "logs"), f"group-{uuid.uuid4().hex[:12]}"
    logs.create_log_group(logGroupName=group)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["arn"].startswith(f"arn:aws:logs:{REGION}:123456789012:log-group:{group}")
    sagemaker, name = client(session, server, "sagemaker"), f"model-{uuid.uuid4().hex[:12]}"
    image = f"492215442770.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    made = sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": image}, ExecutionRoleArn=_ROLE)["ModelArn"]
    assert made == sagemaker.describe_model(ModelName=name)["ModelArn"]
    assert made == f"arn:aws:sagemaker:{REGION}:123456789012:model/{name}"
    assert sagemaker.list_tags(ResourceArn=made)["Tags"] == []


_ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
