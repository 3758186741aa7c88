"""Which types of resources there are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_sagemaker.cloudformation.types import iam, recorded, s3
from local_sagemaker.cloudformation.types.one_call import OneCall
from local_sagemaker.cloudformation.types.resource_type import Call, ResourceType, Taken
from local_sagemaker.errors import AwsError

_POLL_SECONDS = 0.2
_SAGEMAKER = "arn:aws:sagemaker:{{region}}:{{account}}:{kind}/{{name}}"


class LogGroup(OneCall):
    """A log group; DescribeLogGroups answers for a name that is not there, too."""

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        groups = call("logs", "DescribeLogGroups", {"logGroupNamePrefix": physical_id})["logGroups"]
        return any(group["logGroupName"] == physical_id for group in groups)


class Alarm(OneCall):
    """An alarm; one call makes it and changes it, and others describe and delete several at once."""

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        return bool(call("cloudwatch", "DescribeAlarms", {"AlarmNames": [physical_id]}).get("MetricAlarms"))

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        if self.exists(call, physical_id, properties):
            call("cloudwatch", "DeleteAlarms", {"AlarmNames": [physical_id]})


class Endpoint(OneCall):
    """An endpoint; an update that failed leaves it in service with the configuration that it had."""

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`. An update that was begun before the server stopped is waited for, not begun again."""
        wanted, name = new["EndpointConfigName"].rpartition("/")[2], physical_id.rpartition("/")[2]
        _endpoint_settles(call, name)
        if self._served(call, name).get("EndpointConfigName") != wanted:
            super().update(call, physical_id, old, new)
        endpoint = self._served(call, name)
        if endpoint.get("EndpointConfigName") != wanted:
            raise AwsError("GeneralServiceException", endpoint.get("FailureReason", f"It does not serve {wanted}."))

    def _served(self, call: Call, name: str) -> Mapping[str, Any]:
        return call("sagemaker", "DescribeEndpoint", {"EndpointName": name})


def _sagemaker(kind: str, honoured: str, missing: str, **options: Any) -> OneCall:
    name, made = f"{kind}Name", Endpoint if kind == "Endpoint" else OneCall
    return made(
        "sagemaker",
        (f"Create{kind}", f"Describe{kind}", f"Delete{kind}"),
        name,
        _SAGEMAKER.format(kind="-".join(options.pop("words", (kind.lower(),)))),
        Taken(f"{name} {honoured}", replacing=options.pop("replacing", f"{name} {honoured}")),
        missing,
        {},
        is_arn=True,
        longest=63,
        **options,
    )


def _endpoint_settles(call: Call, name: str) -> None:
    while True:
        try:
            endpoint = call("sagemaker", "DescribeEndpoint", {"EndpointName": name})
        except AwsError as error:
            if "Could not find" in error.message:
                return
            raise
        if endpoint["EndpointStatus"] == "InService":
            return
        if endpoint["EndpointStatus"] in ("Failed", "UpdateRollbackFailed"):
            raise AwsError("GeneralServiceException", endpoint.get("FailureReason", "The endpoint failed."))
        time.sleep(_POLL_SECONDS)


_ALARM_MEMBERS = (
    "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
    "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic InsufficientDataActions MetricName Metrics "
    "Namespace OKActions Period Statistic Tags Threshold ThresholdMetricId TreatMissingData Unit"
)
_SCHEDULE_MEMBERS = (
    "ActionAfterCompletion Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression "
    "ScheduleExpressionTimezone StartDate State Target"
)

TYPES: Mapping[str, ResourceType] = {
    "AWS::Budgets::Budget": recorded.BUDGET,
    "AWS::CloudWatch::Alarm": Alarm(
        "cloudwatch",
        ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"),
        "AlarmName",
        "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        Taken(_ALARM_MEMBERS, replacing="AlarmName"),
        "ResourceNotFound",
        {},
        changes="PutMetricAlarm",
        longest=255,
    ),
    "AWS::IAM::ManagedPolicy": iam.ManagedPolicy(),
    "AWS::IAM::Policy": iam.InlinePolicy(),
    "AWS::IAM::Role": iam.Role(),
    "AWS::IAM::RolePolicy": iam.RolePolicy(),
    "AWS::KMS::Alias": recorded.KMS_ALIAS,
    "AWS::KMS::Key": recorded.KMS_KEY,
    "AWS::Logs::LogGroup": LogGroup(
        "logs",
        ("CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup"),
        "LogGroupName",
        "arn:aws:logs:{region}:{account}:log-group:{name}:*",
        Taken(
            "LogGroupName",
            {
                "KmsKeyId": "logs are not encrypted",
                "RetentionInDays": "no event expires",
                "Tags": "log groups have no tags",
            },
            replacing="LogGroupName",
        ),
        "ResourceNotFoundException",
        {"LogGroupName": "logGroupName"},
        longest=512,
    ),
    "AWS::S3::Bucket": s3.Bucket(),
    "AWS::S3::BucketPolicy": recorded.BUCKET_POLICY,
    "AWS::SageMaker::Endpoint": _sagemaker(
        "Endpoint",
        "DeploymentConfig EndpointConfigName Tags",
        "Could not find",
        replacing="EndpointName Tags",
        changes="UpdateEndpoint",
        settle=_endpoint_settles,
    ),
    "AWS::SageMaker::EndpointConfig": _sagemaker(
        "EndpointConfig",
        "AsyncInferenceConfig DataCaptureConfig EnableNetworkIsolation ExecutionRoleArn KmsKeyId ProductionVariants "
        "Tags VpcConfig",
        "Could not find",
        words=("endpoint", "config"),
    ),
    "AWS::SageMaker::Model": _sagemaker(
        "Model",
        "Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig PrimaryContainer Tags VpcConfig",
        "Could not find",
    ),
    "AWS::SageMaker::ModelPackageGroup": _sagemaker(
        "ModelPackageGroup",
        "ModelPackageGroupDescription Tags",
        "does not exist",
        words=("model", "package", "group"),
    ),
    "AWS::Scheduler::Schedule": OneCall(
        "scheduler",
        ("CreateSchedule", "GetSchedule", "DeleteSchedule"),
        "Name",
        "arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}",
        Taken(_SCHEDULE_MEMBERS, replacing="Name GroupName"),
        "ResourceNotFoundException",
        {},
        changes="UpdateSchedule",
        also="GroupName",
    ),
    "AWS::Scheduler::ScheduleGroup": OneCall(
        "scheduler",
        ("CreateScheduleGroup", "GetScheduleGroup", "DeleteScheduleGroup"),
        "Name",
        "arn:aws:scheduler:{region}:{account}:schedule-group/{name}",
        Taken("Name Tags", replacing="Name Tags"),
        "ResourceNotFoundException",
        {},
    ),
}
"""The types of resources that a stack can have, by their names."""
