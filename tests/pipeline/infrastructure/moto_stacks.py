"""moto in CloudFormation's place, with what it leaves out of change sets put right."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NOT_IN_MOTO = {"AWS::S3::BucketPolicy", "AWS::Budgets::Budget"}
"""What moto's CloudFormation does not make, and says so by a warning."""


@contextmanager
def applied_outputs() -> Iterator[None]:
    """Give stacks the outputs of the template that was applied, not of the one before it."""
    from moto.cloudformation.models import CloudFormationBackend  # seconds, and other tests do without

    execute = CloudFormationBackend.execute_change_set

    def with_outputs(self: Any, change_set_name: str, stack_name: str | None = None) -> None:
        execute(self, change_set_name, stack_name)
        for stack in self.stacks.values():
            stack._parse_template()
            stack.output_map = stack._create_output_map()

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(CloudFormationBackend, "execute_change_set", with_outputs)
        for kind in NOT_IN_MOTO:
            warnings.filterwarnings("ignore", f"Tried to parse {kind}")
        yield
