"""Which SageMaker the commands talk to: the only place where `local` and `aws` differ.

A target is a set of endpoints and credentials (plus the defaults that a user of either would expect). It is put into
the process's environment once, where boto3 and the SDK look for it by themselves; nothing after that asks which
target it is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.errors import BadInput


class TargetName(StrEnum):
    """Where the pipeline runs."""

    LOCAL = "local"
    AWS = "aws"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the pipeline runs, and how to behave there."""

    name: TargetName
    poll_seconds: float
    """How long to wait between two looks at a job."""
    role_arn: str | None
    """The execution role of jobs and models when the user names none."""


LOCAL = Target(TargetName.LOCAL, poll_seconds=0.2, role_arn="arn:aws:iam::123456789012:role/local-sagemaker")
AWS = Target(TargetName.AWS, poll_seconds=5.0, role_arn=None)

_OF_THE_USERS_ACCOUNT = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def use_local(client_environment: Mapping[str, str]) -> Target:
    """Point this process, and all it starts, at the local SageMaker, and at nothing of the user's AWS account."""
    for name in list(os.environ):
        if name in _OF_THE_USERS_ACCOUNT or name.startswith("AWS_ENDPOINT_URL"):
            del os.environ[name]
    os.environ.update(client_environment)
    os.environ.update({"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull})
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    return LOCAL


def use_aws() -> Target:
    """Let boto3 find the user's AWS account as it always does.

    Raises
    ------
    BadInput
        If the environment points AWS clients elsewhere, which would make `TARGET=aws` a lie.
    """
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        raise BadInput(
            f"TARGET=aws, but AWS_ENDPOINT_URL={endpoint} points elsewhere. Unset it (`unset AWS_ENDPOINT_URL`) "
            f"and try again."
        )
    return AWS
