"""The policies and the written tables say the same; that the commands need just that is for the whole life to show."""

from __future__ import annotations

import json

from pipeline.infrastructure.actions import OF_THE_CALLER, OF_THE_EXECUTION_ROLE, OPERATIONS
from tests.pipeline.infrastructure.policies import EXECUTION, OPERATOR, VALUES, actions, statements

_LARGEST_POLICY = 6144
"""Characters of a managed policy, as IAM counts them: without white space."""


def test_who_runs_the_commands_may_do_what_the_table_says_and_nothing_else() -> None:
    written = {permission.action for permissions in OPERATIONS.values() for permission in permissions}
    assert actions(OPERATOR) == written | {item.action for item in OF_THE_CALLER}


def test_the_execution_role_may_do_what_is_written_down_and_nothing_else() -> None:
    assert actions(EXECUTION) == {item.action for item in OF_THE_EXECUTION_ROLE}


def test_the_execution_role_deletes_checkpoints_and_nothing_else() -> None:
    policies = statements(EXECUTION, {**VALUES, "Bucket": "bucket"})

    def may_delete(key: str) -> bool:
        return any(policy.allows("s3:DeleteObject", f"arn:aws:s3:::bucket/life/{key}", {}) for policy in policies)

    assert may_delete("checkpoints/digest/preprocessor/terms")
    assert may_delete("tuning/checkpoints/trials")
    assert not may_delete("runs/1/jobs/model.tar.gz")
    assert not may_delete("tuning/1/train/train.csv")


def test_each_policy_is_small_enough_for_iam_with_the_longest_name() -> None:
    values = {**VALUES, "PipelineName": "a" * 28, "Bucket": "b" * 63, "AWS::Region": "ap-southeast-4"}
    for name in OPERATOR:
        written = json.dumps(
            [[each.actions, each.resources, dict(each.condition)] for each in statements((name,), values)]
        )
        assert len("".join(written.split())) + 40 * len(statements((name,), values)) < _LARGEST_POLICY
