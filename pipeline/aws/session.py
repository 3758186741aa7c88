"""One command's view of an account: clients, region, bucket, role and names. Made once, passed along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import botocore.session

from pipeline.aws.infrastructure import Infrastructure, find_infrastructure
from pipeline.aws.rehearsal import Rehearsal
from pipeline.aws.storage import Location
from pipeline.aws.target import Target
from pipeline.errors import BadInput, NotReady, PipelineError

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import TagTypeDef
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

_BUCKET_REFUSALS = {
    "301": "it is in another region than this one",
    "403": "it is another account's, or s3:ListBucket on it is missing",
}
"""What the status says: an answer to HEAD has no message."""
OWNER_TAG = "text-pipeline:name"
"""Tag that says which pipeline (by `--name`) a resource belongs to."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user can choose for every command."""

    name: str = "text-pipeline"
    role_arn: str | None = None
    bucket: str | None = None
    instance_type: str = "ml.m5.large"


class Session:
    """The clients of one command and the names it works with."""

    def __init__(self, target: Target, choices: Choices, rehearsal: Rehearsal | None = None) -> None:
        self.target = target
        self.rehearsal = rehearsal
        """What notes the requests that would change something, where a command only shows them."""
        self.name = choices.name
        self.instance_type = choices.instance_type
        self.choices = choices
        self._botocore = botocore.session.get_session()
        if rehearsal is not None:
            rehearsal.watch(self._botocore)

    @property
    def region(self) -> str:
        """The region of the user's configuration.

        Raises
        ------
        BadInput
            If the user's AWS configuration names none.
        """
        if region := self._botocore.get_config_variable("region"):
            return str(region)
        raise BadInput(
            "No AWS region is set. Set AWS_DEFAULT_REGION, for example `export AWS_DEFAULT_REGION=us-east-1`."
        )

    @cached_property
    def account(self) -> str:
        """The account's number."""
        return str(self._client("sts").get_caller_identity()["Account"])

    @cached_property
    def infrastructure(self) -> Infrastructure | None:
        """What `bootstrap` made for this pipeline; None where it was not run.

        Who may not read the stack gets None as well when both role and bucket are named, and needs none.
        """
        try:
            return find_infrastructure(self, self.name)
        except botocore.exceptions.ClientError as error:
            named = self.choices.role_arn and self.choices.bucket
            if named and error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"):
                return None
            raise

    @property
    def role_arn(self) -> str:
        """The execution role of jobs and models: the one that is named, else that of `bootstrap`, else the target's.

        Raises
        ------
        BadInput
            If there is none of these.
        """
        of_bootstrap = self.infrastructure.execution_role if self.infrastructure else None
        if role := self.choices.role_arn or of_bootstrap or self.target.role_arn:
            return role
        raise BadInput(
            "SageMaker needs an execution role: `make bootstrap` makes one, or name yours with --role "
            "arn:aws:iam::…:role/… (or SAGEMAKER_ROLE_ARN; docs/aws.md says which rights it needs)."
        )

    @property
    def kms_key(self) -> str | None:
        """The key that encrypts what jobs and endpoints store; None for AWS's own."""
        return self.infrastructure.kms_key if self.infrastructure else None

    @property
    def vpc(self) -> dict[str, list[str]] | None:
        """The network of jobs and models, as the SDK's `VpcConfig` takes it; None for SageMaker's own."""
        return self.infrastructure.vpc if self.infrastructure else None

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags of everything this pipeline creates, as the SDK takes them.

        Plain dicts: the SDK's `resources` hold a class `Tag` of their own, which hides the shape of that name.
        """
        return [{"key": OWNER_TAG, "value": self.name}]

    @property
    def owner_tags(self) -> list[TagTypeDef]:
        """The same as boto3 takes them."""
        return [{"Key": OWNER_TAG, "Value": self.name}]

    @cached_property
    def s3(self) -> S3Client:
        import boto3  # its client of S3 copies files; asking an endpoint, botocore is enough, and sooner there

        return boto3.Session(botocore_session=self._botocore).client("s3", region_name=self.region)

    @cached_property
    def sagemaker(self) -> SageMakerClient:
        client: SageMakerClient = self._client("sagemaker")
        return client

    @cached_property
    def runtime(self) -> SageMakerRuntimeClient:
        client: SageMakerRuntimeClient = self._client("sagemaker-runtime")
        return client

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        client: CloudFormationClient = self._client("cloudformation")
        return client

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        client: CloudWatchLogsClient = self._client("logs")
        return client

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        client: CloudWatchClient = self._client("cloudwatch")
        return client

    @cached_property
    def scaling(self) -> ApplicationAutoScalingClient:
        client: ApplicationAutoScalingClient = self._client("application-autoscaling")
        return client

    @cached_property
    def scheduler(self) -> EventBridgeSchedulerClient:
        client: EventBridgeSchedulerClient = self._client("scheduler")
        return client

    @cached_property
    def pricing(self) -> PricingClient:
        client: PricingClient = self._client("pricing", region="us-east-1")  # which has the prices of all regions
        return client

    def _client(self, service: str, region: str | None = None) -> Any:
        return self._botocore.create_client(service, region_name=region or self.region)

    @cached_property
    def home(self) -> Location:
        """Where in S3 everything of this pipeline lies. Looking there makes nothing: the bucket may be missing.

        Raises
        ------
        PipelineError
            If the bucket is another account's, or cannot be reached.
        """
        of_bootstrap = self.infrastructure.bucket if self.infrastructure else None
        bucket = self.choices.bucket or of_bootstrap or f"sagemaker-{self.region}-{self.account}"
        self.has_bucket(bucket)
        return Location(bucket, self.name)

    def make_bucket(self) -> None:
        """Make the bucket when it is not there: for the commands that put something into it.

        Raises
        ------
        NotReady
            If `bootstrap` made it and it is gone: another one would lack its encryption and rules.
        """
        bucket = self.home.bucket
        if self.has_bucket(bucket):
            return
        if self.infrastructure and self.infrastructure.bucket == bucket:
            raise NotReady(
                f"The bucket {bucket}, which `make bootstrap` made, is gone: run `python -m pipeline bootstrap "
                f"--delete`, then `make bootstrap`."
            )
        if self.region == "us-east-1":  # S3 takes no location constraint for its first region
            self.s3.create_bucket(Bucket=bucket)
        else:
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region})  # type: ignore[typeddict-item]

    def has_bucket(self, bucket: str) -> bool:
        """Tell whether the account has a bucket of this name.

        Raises
        ------
        PipelineError
            If it is another account's, or cannot be reached.
        """
        try:
            self.s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=self.account)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
                return False
            reason = _BUCKET_REFUSALS.get(error.response["Error"]["Code"], str(error))
            raise PipelineError(
                f"The bucket {bucket} cannot be used: {reason}. Choose another with --bucket."
            ) from error
        return True
