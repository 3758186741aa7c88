"""What AWS refuses is told in one line, with what to do."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from pipeline.aws.session import Session
from pipeline.cli.aws_errors import explain
from pipeline.errors import BadInput, PipelineError
from pipeline.jobs.image import image_uri


def answer(code: str, message: str, operation: str = "CreateEndpoint") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


LIMIT = (
    "The account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances, with current utilization of 0 "
    "Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase for this quota."
)
DENIED = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: sagemaker:CreateEndpoint on resource: "


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (exceptions.NoCredentialsError(), "aws configure"),
        (exceptions.UnauthorizedSSOTokenError(), "`aws sso login --profile work`"),
        (exceptions.SSOTokenLoadError(error_msg="none"), "`aws sso login --profile work`"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="expired"), "`aws sso login --profile work`"),
        (answer("ExpiredTokenException", "expired"), "credentials have expired"),
        (answer("UnrecognizedClientException", "invalid"), "aws sts get-caller-identity"),
        (exceptions.EndpointConnectionError(endpoint_url="https://api"), "region is spelt right"),
        (answer("ResourceLimitExceeded", LIMIT), "quota 'ml.m5.large for endpoint usage' is 0. Raise it at Service"),
        (answer("ResourceLimitExceeded", "too many"), "quota of the account is used up: too many"),
        (answer("AccessDeniedException", f"{DENIED}arn:aws:x"), "sagemaker:CreateEndpoint on arn:aws:x: attach"),
        (answer("AccessDenied", "Access Denied", "GetObject"), "No permission for s3:GetObject: attach"),
        (answer("AccessDenied", "not authorized to perform: iam:CreateRole"), "iam:CreateRole: bootstrap is for"),
        (answer("AccessDenied", f"{DENIED}r with an explicit deny in a service control policy"), "organisation"),
        (answer("Throttling", "Rate exceeded"), "Rate exceeded"),
    ],
)
def test_each_refusal_says_what_to_do_in_one_line(error: Exception, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    line = explain(error)
    assert line
    assert said in line
    assert "\n" not in line


def test_a_fault_of_ours_is_not_explained_away() -> None:
    assert explain(KeyError("x")) is None


def test_a_region_without_the_image_is_named() -> None:
    with pytest.raises(BadInput, match=r"not in the region 'xx-nowhere-1': choose another"):
        image_uri("xx-nowhere-1")


@pytest.mark.parametrize(
    ("code", "said"), [("403", "another account's, or s3:ListBucket"), ("301", "in another region")]
)
def test_a_bucket_that_cannot_be_used_says_why(aws_session: Session, code: str, said: str) -> None:
    with (
        patch.object(aws_session.s3, "head_bucket", side_effect=answer(code, "", "HeadBucket")),
        pytest.raises(PipelineError, match=said),
    ):
        _ = aws_session.home
