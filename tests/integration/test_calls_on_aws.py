"""Every call of the commands, in the whole life of a pipeline: allowed by the policies, valid, and of nothing local."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.client
import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.infrastructure.actions import OF_THE_CALLER, OPERATIONS, Permission
from tests.pipeline.infrastructure import permissions_page
from tests.pipeline.infrastructure.limits import violations
from tests.pipeline.infrastructure.policies import NAME, OPERATOR, VALUES, actions, statements

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

_TEXT = "The new graphics card renders polygons"
_LIFE = (
    ("bootstrap", "--yes", "--create-key", "--subnets", "subnet-1", "--security-groups", "sg-1"),
    ("train", "--dataset", "sample", "--profile", "seed"),
    ("register",),
    ("reject",),
    ("approve",),
    ("deploy-pipeline", "--latest-approved", "--ttl", "2h"),
    ("scale", "--min", "1", "--max", "2", "--target-invocations", "100"),
    ("invoke", _TEXT),
    ("logs",),
    ("status",),
    ("train", "--dataset", "sample", "--profile", "seed", "--set", "classifier.alpha=0.1"),
    ("deploy-pipeline", "--ttl", "3h"),
    ("rollback",),
    ("explain", _TEXT),
    ("evaluate", "--batch"),
    ("teardown", "--data", "--yes"),
    ("bootstrap", "--yes", "--delete", "--data"),
)
_OF_BOOTSTRAP = "bootstrap"
_UPLOADING = {"prepare", "train", "tune", "batch-transform"}
_ON_SPARK = {"train", "batch-transform"}
_RARE = {
    "s3.AbortMultipartUpload": _UPLOADING,  # one that fails
    "s3.CreateMultipartUpload": _UPLOADING,  # of files from 8 MB on
    "s3.UploadPart": _UPLOADING,
    "s3.CompleteMultipartUpload": _UPLOADING,
    "pricing.GetProducts": {"status"},  # where a target bills
    "sagemaker.CreateProcessingJob": _ON_SPARK,
    "sagemaker.DescribeProcessingJob": _ON_SPARK,
    "sagemaker.StopProcessingJob": _ON_SPARK,
    "sagemaker.StopTrainingJob": {"train", "tune"},  # Ctrl-C
    "sagemaker.StopTransformJob": {"train", "batch-transform", "evaluate"},
}
"""What the life above has no occasion for."""


@dataclass(frozen=True)
class Call:
    """One call of a command, through botocore."""

    command: str
    operation: str
    request: dict[str, Any]
    problems: tuple[str, ...]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Call]]:
    """The calls of a whole life on a local SageMaker of its own."""
    kept, send = dict(os.environ), botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]
    made: list[Call] = []
    command = ""

    def noting(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        shape = self.meta.service_model.operation_model(operation_name).input_shape
        problems = tuple(violations(api_params, shape, operation_name)) if shape else ()
        service = self.meta.service_model.service_name
        made.append(Call(command, f"{service}.{operation_name}", dict(api_params), problems))
        return send(self, operation_name, api_params)

    for name in [name for name in os.environ if name.startswith(("AWS_", "PIPELINE_"))]:
        del os.environ[name]
    os.environ |= {"SAGEMAKER_LOCAL_STATE": str(tmp_path_factory.mktemp("state")), "PIPELINE_NAME": NAME}
    botocore.client.BaseClient._make_api_call = noting  # type: ignore[attr-defined]
    try:
        for arguments in _LIFE:
            command = arguments[0]
            done = CliRunner().invoke(cli, arguments, input="y\n" * 3)
            assert done.exit_code == 0, f"{arguments}\n{done.output}"
        yield made
    finally:
        botocore.client.BaseClient._make_api_call = send  # type: ignore[attr-defined]
        CliRunner().invoke(cli, ["local", "down"])
        os.environ.clear()
        os.environ.update(kept)


def of_the_operator(calls: list[Call]) -> list[Call]:
    """The calls that are made with the operator's policies: all but those of `bootstrap`, which makes them."""
    return [call for call in calls if call.command != _OF_BOOTSTRAP]


def resources(permission: Permission, call: Call) -> Iterator[str]:
    """Write the ARNs that a permission is needed on for a call."""
    places = {"partition": "aws", "region": VALUES["AWS::Region"], "account": VALUES["AWS::AccountId"]}
    members = {key: value for key, value in call.request.items() if isinstance(value, str)}
    several = {key: value for key, value in call.request.items() if isinstance(value, list)}
    wanted = re.findall(r"\{(\w+)\}", permission.resource)
    listed = next((key for key in wanted if key in several), None)
    for item in several[listed] if listed else [None]:
        yield permission.resource.format_map({**places, **members, **({listed: item} if listed else {})})


def tags_of(call: Call) -> dict[str, str]:
    tags = call.request.get("Tags", [])
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def test_every_call_is_allowed_by_the_policies_of_who_runs_the_commands(calls: list[Call]) -> None:
    bucket = next(call.request["Bucket"] for call in calls if call.operation == "s3.PutObject")
    policies = statements(OPERATOR, {**VALUES, "Bucket": bucket})
    refused = {
        f"{call.command}: {permission.action} on {resource}"
        for call in of_the_operator(calls)
        for permission in OPERATIONS[call.operation]
        for resource in resources(permission, call)
        if not any(policy.allows(permission.action, resource, tags_of(call)) for policy in policies)
    }
    assert refused == set()


def test_nothing_in_those_policies_is_unused(calls: list[Call]) -> None:
    made = {call.operation for call in of_the_operator(calls)} | set(_RARE)
    used = {permission.action for operation in made for permission in OPERATIONS[operation]}
    assert actions(OPERATOR) - used - {item.action for item in OF_THE_CALLER} == set()
    assert set(OPERATIONS) - made == set()


def test_the_page_says_which_command_needs_what(calls: list[Call]) -> None:
    commands = {operation: set(names) for operation, names in _RARE.items()}
    for call in of_the_operator(calls):
        commands.setdefault(call.operation, set()).add(call.command)
    if os.environ.get("WRITE_PAGES"):
        permissions_page.PAGE.write_text(permissions_page.page(commands))
    assert permissions_page.PAGE.read_text() == permissions_page.page(commands)


def test_every_request_keeps_to_the_limits_of_awss_models(calls: list[Call]) -> None:
    assert {problem for call in calls for problem in call.problems} == set()


def test_no_request_names_anything_of_this_machine(calls: list[Call]) -> None:
    local = ("127.0.0.1", "localhost", "role/local-sagemaker", str(Path.cwd()), str(Path.home()), "/tmp/")
    for call in calls:
        written = json.dumps(call.request, default=lambda value: f"<{type(value).__name__}>")
        assert not [word for word in local if word in written], f"{call.operation} {written}"


def test_what_jobs_and_models_get_is_of_the_infrastructure(calls: list[Call]) -> None:
    network = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    made = {call.operation.partition(".")[2]: call.request for call in calls}
    for operation in ("CreateTrainingJob", "CreateModel"):
        assert made[operation]["VpcConfig"] == network
        assert made[operation]["EnableNetworkIsolation"] is True
    job, transform = made["CreateTrainingJob"], made["CreateTransformJob"]
    key = job["OutputDataConfig"]["KmsKeyId"]
    assert key.startswith("arn:aws:kms:us-east-1:123456789012:key/")
    assert job["ResourceConfig"]["VolumeKmsKeyId"] == key
    assert transform["TransformOutput"]["KmsKeyId"] == transform["TransformResources"]["VolumeKmsKeyId"] == key
