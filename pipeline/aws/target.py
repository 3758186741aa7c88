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
    bake_seconds: int
    """How long each step of a release is watched when the user says nothing: CloudWatch takes minutes to tell, and a
    demonstration is not to wait."""
    bills: bool
    """Whether what runs there costs money: then a command names the account first, and asks before it deletes."""


LOCAL = Target(
    TargetName.LOCAL,
    poll_seconds=0.2,
    role_arn="arn:aws:iam::123456789012:role/local-sagemaker",
    bake_seconds=0,
    bills=False,
)
AWS = Target(TargetName.AWS, poll_seconds=5.0, role_arn=None, bake_seconds=300, bills=True)

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

_SERVICES = (
    "s3",
    "sagemaker",
    "sagemaker_runtime",
    "application_auto_scaling",
    "cloudformation",
    "cloudwatch",
    "cloudwatch_logs",
    "pricing",
    "scheduler",
    "sts",
)
"""That the commands talk to, as the `services` section of an AWS configuration file names them."""


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
        If the environment or the user's AWS configuration points clients elsewhere, which would make `TARGET=aws` a
        lie.
    """
    for name in sorted(os.environ):
        if name.startswith("AWS_ENDPOINT_URL") and (url := os.environ[name]):
            raise BadInput(f"TARGET=aws, but {name}={url} points elsewhere. Unset it (`unset {name}`) and try again.")
    if elsewhere := _configured_elsewhere():
        raise BadInput(
            f"TARGET=aws, but the AWS configuration points elsewhere: {elsewhere}. Take that out, choose another "
            f"AWS_PROFILE, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true."
        )
    return AWS


def _configured_elsewhere() -> str | None:
    """Return the `endpoint_url` of the configuration file that a client of ours would use; None without one."""
    import botocore.session

    session = botocore.session.Session()
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return None
    profile = session.get_scoped_config()
    services = session.full_config.get("services", {}).get(profile.get("services"), {})
    places = {"the profile": profile} | {f"{name} in its services": services.get(name, {}) for name in _SERVICES}
    found = ((where, settings.get("endpoint_url")) for where, settings in places.items() if isinstance(settings, dict))
    return next((f"endpoint_url = {url} of {where}" for where, url in found if url), None)
