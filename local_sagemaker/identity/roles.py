"""The roles of the account. Policies are not enforced, and the account that the user's code was written for is not
known here, so a role that the code names is taken to be there, and SageMaker to be trusted by it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from local_sagemaker.identity import answers

ACCOUNT = "123456789012"
EXECUTION_ROLE = "SageMakerRole"
"""Whom every client has assumed: the name that the SDK's documentation gives to an execution role."""

TRUST_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
CREATED = "2017-11-29T00:00:00Z"
"""When roles that nobody created say that they were."""

_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role(/(?:.*/)?)([\w+=,.@-]{1,64})")
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Role:
    """A role that nobody created here."""

    name: str
    path: str = "/"

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:iam::{ACCOUNT}:role{self.path}{self.name}"

    @property
    def id(self) -> str:
        """Its unique id, the same whenever it is asked for."""
        digest = hashlib.sha256(self.arn.encode()).digest()
        return "AROA" + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32] for byte in digest[:17])

    def described(self) -> Iterator[str]:
        """Write it as GetRole does."""
        facts = {
            "Path": self.path,
            "RoleName": self.name,
            "RoleId": self.id,
            "Arn": self.arn,
            "CreateDate": CREATED,
            "AssumeRolePolicyDocument": quote(TRUST_POLICY),
            "MaxSessionDuration": "3600",
        }
        return (answers.element(name, value) for name, value in facts.items())


def from_arn(arn: str) -> Role | None:
    """Read a role from its ARN; None from anything else. The account in it is taken for ours."""
    match = _ARN.fullmatch(arn)
    return None if match is None else Role(match[2], match[1])


def is_name(text: str) -> bool:
    """Tell if IAM takes a role's name."""
    return _NAME.fullmatch(text) is not None
