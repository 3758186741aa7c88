"""The infrastructure's whole life on the local target: made, kept over the server's end, changed, and taken away."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Shell

LISTING = """
import boto3, json
of = lambda service: boto3.client(service)
print(json.dumps({
    "buckets": [each["Name"] for each in of("s3").list_buckets()["Buckets"]],
    "roles": [each["RoleName"] for each in of("iam").list_roles()["Roles"]],
    "policies": [each["Arn"] for each in of("iam").list_policies(Scope="Local")["Policies"]],
    "stacks": [each["StackName"] for each in of("cloudformation").describe_stacks()["Stacks"]],
}))
"""


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell with a local SageMaker of its own."""
    user = Shell(tmp_path_factory.mktemp("state"), "built")
    yield user
    user.pipeline("local", "down")


def listing(shell: Shell) -> dict[str, list[str]]:
    """List what there is, over boto3."""
    variables = shell.pipeline("local", "env").stdout
    command = f"{variables}\n'{sys.executable}' -c '{LISTING}'"
    found: dict[str, Any] = json.loads(shell.run(["sh", "-c", command], b"", 0).stdout)
    return found


@pytest.mark.long
def test_the_infrastructure_is_made_kept_changed_and_taken_away(builder: Shell) -> None:
    made = builder.pipeline("bootstrap", "--yes").stdout
    assert "BucketName" in made
    before = listing(builder)
    assert len(before["buckets"]) == 1
    assert len(before["policies"]) >= 1
    builder.pipeline("local", "down")
    assert "nothing changes" in "".join((again := builder.pipeline("bootstrap", "--yes")).stdout + again.stderr)
    assert listing(builder) == before
    changed = builder.pipeline("bootstrap", "--yes", "--create-key", "--budget", "5", "--budget-email", "a@b.example")
    assert "KmsKeyArn" in changed.stdout
    builder.pipeline("bootstrap", "--delete", "--yes")
    assert listing(builder) == {"buckets": [], "roles": ["SageMakerRole"], "policies": [], "stacks": []}
