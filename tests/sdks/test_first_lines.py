"""The first lines of every notebook: a session, its bucket, the role; nothing is told about this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sdks.conftest import Printed, Run

V2 = """
import sagemaker
session = sagemaker.Session()
print("region", session.boto_region_name)
print("bucket", session.default_bucket())
print("role", sagemaker.get_execution_role())
print("account", session.account_id())
print("named", session.expand_role("SomeRoleOfTheTeam"))
"""
V3 = """
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.helper.iam_role_resolver import resolve_and_validate_role
session = Session()
print("region", session.boto_region_name)
print("bucket", session.default_bucket())
print("role", get_execution_role())
print("account", session.account_id())
print("named", resolve_and_validate_role("arn:aws:iam::111122223333:role/service-role/OfTheTeam", "training"))
print("validated", resolve_and_validate_role(role_type="serving"))
"""
MISSING = """
import boto3
from botocore.exceptions import ClientError
try:
    boto3.client("s3").get_object(Bucket="sagemaker-sample-files", Key="datasets/tabular/uci_abalone/abalone.csv")
except ClientError as error:
    print("refused", error.response["Error"]["Code"], error.response["Error"]["Message"])
"""
AWAY = """
import requests
try:
    requests.get("https://sagemaker-sample-files.s3.amazonaws.com/datasets/tabular/uci_abalone/abalone.csv", timeout=5)
except Exception as error:
    print("stopped", error)
"""


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2"])
@pytest.mark.parametrize(("version", "program"), [("v2", V2), ("v3", V3)])
def test_they_work_in_any_region(
    request: pytest.FixtureRequest, aws: Callable[[str], Any], version: str, program: str, region: str
) -> None:
    run: Run = request.getfixturevalue(version)
    printed = run(program, AWS_REGION=region, AWS_DEFAULT_REGION=region)
    assert printed.value("region") == region
    assert printed.value("account") == "123456789012"
    assert printed.value("role") == "arn:aws:iam::123456789012:role/SageMakerRole"
    assert "OfTheTeam" in printed.value("named")
    aws("s3").head_bucket(Bucket=f"sagemaker-{region}-123456789012")
    assert printed.value("bucket") == f"sagemaker-{region}-123456789012"
    assert "amazonaws.com" not in printed.text, "the SDK spoke of AWS, as of telemetry that could not be sent"


def test_a_bucket_of_aws_is_not_here(v2: Run) -> None:
    refused = v2(MISSING).value("refused")
    assert refused.startswith("NoSuchBucket ")
    assert "local SageMaker" in refused


def test_a_download_from_aws_is_stopped(v2: Run) -> None:
    stopped: Printed = v2(AWAY)
    assert "sagemaker-sample-files.s3.amazonaws.com is a host of AWS" in stopped.value("stopped")
