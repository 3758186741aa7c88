"""What AWS refused, in one line that says what to do."""

from __future__ import annotations

import os
import re

import botocore.exceptions as aws
from botocore.exceptions import ClientError

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_UNKNOWN = ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId")
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")
_SIGN_IN = (
    aws.UnauthorizedSSOTokenError,
    aws.SSOError,
    aws.TokenRetrievalError,
    aws.NoAuthTokenError,
    aws.LoginError,
)
_QUOTA = re.compile(r"service limit '([^']+)' is ([\d.]+)")
_REFUSED = re.compile(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?")


def explain(error: Exception) -> str | None:
    """Say in a line what boto3 ran into; None for anything that is not boto3's."""
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError):
        return "No AWS credentials were found. Run `aws configure`, or use TARGET=local, which needs none."
    if isinstance(error, _SIGN_IN):
        command = "aws login" if isinstance(error, aws.LoginError) else "aws sso login"
        return f"The sign-in to AWS has ended ({error}): run `{command}{_profile()}`, then this command again."
    if isinstance(error, aws.EndpointConnectionError | aws.ConnectionClosedError | aws.InvalidRegionError):
        return (
            f"{error} On AWS, see that the region is spelt right and has SageMaker, and that there is a network. For "
            f"TARGET=local, `make local-up` starts the server and says where its log is."
        )
    if isinstance(error, ClientError):
        return _explain_answer(error)
    return str(error) if isinstance(error, aws.BotoCoreError) else None


def _explain_answer(error: ClientError) -> str:
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return (
            f"The AWS credentials have expired ({code}): get new ones (`aws sso login{_profile()}`, or export those of "
            f"your provider anew), then run this command again."
        )
    if code in _UNKNOWN:
        return (
            f"AWS does not know these credentials ({code}): `aws sts get-caller-identity` tells whose they are. A "
            f"region that the account has not opted in to says the same."
        )
    if code == "ResourceLimitExceeded":
        return _quota(message)
    if code in _DENIED:
        return _denied(error.operation_name, message)
    return str(error)


def _quota(message: str) -> str:
    found = _QUOTA.search(message)
    if found is None:
        return f"A quota of the account is used up: {message}"
    name, limit = found[1], found[2]
    query = f"Quotas[?QuotaName=='{name}'].QuotaCode"
    return (
        f"The account's quota {name!r} is {limit}. Raise it at Service Quotas, Amazon SageMaker (its code: `aws "
        f'service-quotas list-service-quotas --service-code sagemaker --query "{query}"`), or choose another '
        f"--instance-type."
    )


def _denied(operation: str, message: str) -> str:
    from pipeline.infrastructure.actions import actions_of

    found = _REFUSED.search(message)
    action = found[1] if found else " or ".join(actions_of(operation)) or operation
    resource = f" on {found[2].rstrip('.,')}" if found and found[2] else ""
    if "explicit deny" in message:
        what = "a policy of the organisation, a boundary or the resource denies it: ask who manages the account"
    elif action.partition(":")[0] in ("iam", "cloudformation", "budgets") and action != "iam:PassRole":
        what = "bootstrap is for somebody who may make roles and policies; docs/aws.md lists what it needs"
    else:
        what = "attach the policies that `make bootstrap` prints to the user or role; docs/aws.md lists the actions"
    return f"No permission for {action}{resource}: {what}. ({operation}: {message})"


def _profile() -> str:
    name = os.environ.get("AWS_PROFILE")
    return f" --profile {name}" if name else ""
