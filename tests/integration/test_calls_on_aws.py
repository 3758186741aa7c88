"""Every call of every command with `TARGET=aws`: allowed by the policies, valid, and of nothing local.

What AWS would get is noted, and answered by a local SageMaker.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from pipeline.cli import cli
from pipeline.infrastructure.actions import OF_THE_CALLER, OPERATIONS, Permission
from tests.integration.lives import LIFE, NAME, Life
from tests.integration.role_use import uses
from tests.integration.watching import REGION, USER, Call
from tests.pipeline.infrastructure import documented_limits, permissions_page
from tests.pipeline.infrastructure.limits import violations
from tests.pipeline.infrastructure.policies import EXECUTION, OPERATOR, VALUES, actions, statements

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

PLACE = {**VALUES, "AWS::Region": REGION, "PipelineName": NAME}

_CALL_NOTHING = {
    "demo",  # is always of the local target
    "local",
    "prepare",
    "profiles",
}
_OF_WHO_MAKES_THE_POLICIES = {"bootstrap", "smoke"}
_COSTING = {
    "CreateChangeSet",
    "CreateEndpoint",
    "CreateProcessingJob",
    "CreateTrainingJob",
    "CreateTransformJob",
    "PutMetricAlarm",
    "PutScalingPolicy",
    "UpdateEndpoint",
}
_UPLOADING = {"prepare", "train", "tune", "batch-transform"}
_ON_SPARK = {"train", "batch-transform"}
_RARE = {
    "s3.AbortMultipartUpload": _UPLOADING,  # one that fails
    "s3.CreateMultipartUpload": _UPLOADING,  # of files from 8 MB on
    "s3.UploadPart": _UPLOADING,
    "s3.CompleteMultipartUpload": _UPLOADING,
    "sagemaker.CreateProcessingJob": _ON_SPARK,
    "sagemaker.DescribeProcessingJob": _ON_SPARK,
    "sagemaker.StopProcessingJob": _ON_SPARK,
    "sagemaker.StopTrainingJob": {"train", "tune"},  # Ctrl-C
    "sagemaker.StopTransformJob": {"train", "batch-transform", "evaluate"},
}
"""What the life above has no occasion for."""


def of_the_operator(life: Life) -> list[Call]:
    """The calls that are made with the operator's policies: all but those of who makes these policies."""
    return [call for call in life.calls if call.command not in _OF_WHO_MAKES_THE_POLICIES]


def resources(permission: Permission, call: Call) -> Iterator[str]:
    """Write the ARNs that a permission is needed on for a call."""
    places = {"partition": "aws", "region": REGION, "account": PLACE["AWS::AccountId"]}
    members = {key: value for key, value in call.request.items() if isinstance(value, str)}
    several = {key: value for key, value in call.request.items() if isinstance(value, list)}
    wanted = re.findall(r"\{(\w+)\}", permission.resource)
    listed = next((key for key in wanted if key in several), None)
    for item in several[listed] if listed else [None]:
        yield permission.resource.format_map({**places, **members, **({listed: item} if listed else {})})


def tags_of(call: Call) -> dict[str, str]:
    tags = call.request.get("Tags", [])
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def test_every_command_is_in_the_life() -> None:
    assert {arguments[0] for arguments in LIFE} | _CALL_NOTHING == set(cli.commands)


def test_what_needs_no_account_calls_nothing(life: Life) -> None:
    assert not {call.command for call in life.calls} & _CALL_NOTHING
    assert {call.command for call in life.calls} == set(cli.commands) - _CALL_NOTHING


def test_every_call_is_allowed_by_the_policies_of_who_runs_the_commands(life: Life) -> None:
    policies = statements(OPERATOR, {**PLACE, "Bucket": life.bucket})
    refused = {
        f"{call.command}: {permission.action} on {resource}"
        for call in of_the_operator(life)
        for permission in OPERATIONS[call.name]
        for resource in resources(permission, call)
        if not any(policy.allows(permission.action, resource, tags_of(call)) for policy in policies)
    }
    assert refused == set()


def test_nothing_in_those_policies_is_unused(life: Life) -> None:
    made = {call.name for call in of_the_operator(life)} | set(_RARE)
    used = {permission.action for operation in made for permission in OPERATIONS[operation]}
    assert actions(OPERATOR) - used - {item.action for item in OF_THE_CALLER} == set()
    assert set(OPERATIONS) - made == set()


def test_the_execution_role_may_do_what_jobs_and_endpoints_do_and_nothing_else(life: Life) -> None:
    key = next(call.request["KmsKeyId"] for call in life.calls if call.request.get("KmsKeyId"))
    policies = statements(EXECUTION, {**PLACE, "Bucket": life.bucket, "Key.Arn": key})
    place = f"{REGION}:{PLACE['AWS::AccountId']}"
    used = {use for call in of_the_operator(life) for use in uses(call, place)}
    refused = {use for use in used if not any(policy.allows(*use, {}) for policy in policies)}
    assert refused == set()
    assert {action for action, _ in used} == actions(EXECUTION)


def test_the_page_says_which_command_needs_what(life: Life) -> None:
    commands = {operation: set(names) for operation, names in _RARE.items()}
    for call in of_the_operator(life):
        commands.setdefault(call.name, set()).add(call.command)
    if os.environ.get("WRITE_PAGES"):
        permissions_page.PAGE.write_text(permissions_page.page(commands))
    assert permissions_page.PAGE.read_text() == permissions_page.page(commands)


def test_every_request_keeps_to_the_limits_of_awss_models(life: Life) -> None:
    problems = {
        problem
        for call in life.calls
        if call.model.input_shape
        for problem in violations(call.request, call.model.input_shape, call.name)
    }
    assert problems == set()


def test_every_request_keeps_to_the_limits_of_awss_documents(life: Life) -> None:
    problems = {problem for call in life.calls for problem in documented_limits.violations(call.name, call.request)}
    assert problems == set()


def test_no_request_names_anything_of_this_machine(life: Life) -> None:
    """Nor does its address, its signature or a header; what is asked is in AWS's domain, with the user's own keys."""
    assert len(life.wires) >= len(life.calls) > 300
    for wire in life.wires:
        place = urlsplit(wire.url)
        assert place.scheme == "https"
        assert re.fullmatch(rf"[\w.-]+\.({REGION}|us-east-1|s3)\.amazonaws\.com", place.netloc), wire.url
        assert f"Credential={USER['AWS_ACCESS_KEY_ID']}/" in wire.headers["Authorization"]
        assert not [word for word in life.local_words if word in wire.text], wire.text
    for record in (call.request["Body"] for call in life.calls if isinstance(call.request.get("Body"), bytes)):
        assert not [word for word in life.local_words if word.encode() in record], record


def test_what_costs_is_preceded_by_the_account_and_the_region(life: Life) -> None:
    costing = {call.number: call.command for call in life.calls if call.operation in _COSTING}
    said = re.compile(rf"account {PLACE['AWS::AccountId']}, region {REGION}")
    assert {command for number, command in costing.items() if not said.search(life.commands.said[number])} == set()
    assert len(costing) > 10


def test_what_jobs_and_models_get_is_of_the_infrastructure(life: Life) -> None:
    network = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    made = {call.operation: call.request for call in of_the_operator(life)}
    for operation in ("CreateTrainingJob", "CreateModel"):
        assert made[operation]["VpcConfig"] == network
        assert made[operation]["EnableNetworkIsolation"] is True
    job, transform = made["CreateTrainingJob"], made["CreateTransformJob"]
    key = job["OutputDataConfig"]["KmsKeyId"]
    assert key.startswith(f"arn:aws:kms:{REGION}:123456789012:key/")
    assert job["ResourceConfig"]["VolumeKmsKeyId"] == key
    assert transform["TransformOutput"]["KmsKeyId"] == transform["TransformResources"]["VolumeKmsKeyId"] == key
