"""moto in CloudFormation's place, with what it leaves out put right."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NOT_IN_MOTO = {"AWS::S3::BucketPolicy", "AWS::Budgets::Budget"}
"""What moto's CloudFormation does not make, and says so by a warning."""


def _delete_policy(self: Any, *_: Any) -> None:
    del self.backend.managed_policies[self.arn]


@contextmanager
def applied_outputs() -> Iterator[None]:
    """Give stacks the outputs of the template that was applied, not of the one before, and delete their policies."""
    from moto.cloudformation.models import CloudFormationBackend  # seconds, and other tests do without
    from moto.iam.models import ManagedPolicy

    execute = CloudFormationBackend.execute_change_set

    def with_outputs(self: Any, change_set_name: str, stack_name: str | None = None) -> None:
        execute(self, change_set_name, stack_name)
        for stack in self.stacks.values():
            stack._parse_template()
            stack.output_map = stack._create_output_map()

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(CloudFormationBackend, "execute_change_set", with_outputs)
        patch.setattr(ManagedPolicy, "delete", _delete_policy, raising=False)
        for kind in NOT_IN_MOTO:
            warnings.filterwarnings("ignore", f"Tried to parse {kind}")
        yield
