"""What `bootstrap` made, read from its CloudFormation stack: the bucket, roles, key and network of the commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import botocore.exceptions

from pipeline.errors import NotReady

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_CHANGING = ("CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_FAILED")
"""Statuses in which outputs are not there yet, or what they name may be gone."""


class Account(Protocol):
    """What is needed of a session to look for the stack."""

    @property
    def cloudformation(self) -> CloudFormationClient:
        """The client."""

    @property
    def tags(self) -> list[dict[str, str]]:
        """What everything of the pipeline carries."""


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """What the stack's outputs name."""

    bucket: str
    execution_role: str
    scheduler_role: str | None = None
    kms_key: str | None = None
    made_key: bool = False
    """Whether the key is the stack's own, which costs money as long as the stack is there."""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()

    @property
    def vpc(self) -> dict[str, list[str]] | None:
        """The network of jobs and models, as the members of a `VpcConfig` in the SDK's spelling."""
        if not self.subnets:
            return None
        return {"security_group_ids": list(self.security_groups), "subnets": list(self.subnets)}


def stack_name(name: str) -> str:
    """Return the name of the stack of the pipeline `name`."""
    return f"{name}-infrastructure"


def find_infrastructure(session: Account, name: str) -> Infrastructure | None:
    """Read the outputs of the stack of the pipeline `name`; None where there is no such stack, or it is not ours.

    Raises
    ------
    NotReady
        If the stack is being created or deleted.
    """
    stack = find_stack(session, stack_name(name))
    if stack is None or not is_ours(session, stack):
        return None
    if stack["StackStatus"] in _CHANGING:
        raise NotReady(
            f"The stack {stack['StackName']} is {stack['StackStatus']}: wait for that to end with `make bootstrap`, or "
            f"take it away with `python -m pipeline bootstrap --delete`."
        )
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    chosen = {item["ParameterKey"]: item.get("ParameterValue") for item in stack.get("Parameters", [])}
    made_key = chosen.get("CreateKmsKey") == "true" and not chosen.get("ExistingKmsKeyArn")
    return _from_outputs(outputs, made_key) if outputs else None


def find_stack(session: Account, name: str) -> StackTypeDef | None:
    """Describe a stack, whosever it is; None where there is none."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name):  # there can be no such stack
        return None
    try:
        return session.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except botocore.exceptions.ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:  # a ValidationError, as are others
            return None
        raise


def is_ours(session: Account, stack: StackTypeDef) -> bool:
    """Tell by its tags whether a stack is this pipeline's."""
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in stack.get("Tags", [])]
    return all(tag in tags for tag in session.tags)


def _from_outputs(outputs: Mapping[str, str], made_key: bool) -> Infrastructure:
    return Infrastructure(
        bucket=outputs["BucketName"],
        execution_role=outputs["ExecutionRoleArn"],
        scheduler_role=outputs.get("SchedulerRoleArn"),
        kms_key=outputs.get("KmsKeyArn"),
        made_key=made_key,
        subnets=tuple(_parts(outputs.get("SubnetIds", ""))),
        security_groups=tuple(_parts(outputs.get("SecurityGroupIds", ""))),
    )


def _parts(text: str) -> Sequence[str]:
    return [part for part in text.split(",") if part]
