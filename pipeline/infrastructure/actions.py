"""Which IAM actions each call of the commands needs, and on what: written after the Service Authorization Reference.

The template's policies are held to this table, and the table to the calls that the commands make, by tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """An action, and the resource that it needs it on; `{Member}` is the request's."""

    action: str
    resource: str = "*"


_SAGEMAKER = "arn:{partition}:sagemaker:{region}:{account}:"
_TRAINING, _TRANSFORM = (
    f"{_SAGEMAKER}training-job/{{TrainingJobName}}",
    f"{_SAGEMAKER}transform-job/{{TransformJobName}}",
)
_PROCESSING = f"{_SAGEMAKER}processing-job/{{ProcessingJobName}}"
_MODEL, _ENDPOINT = f"{_SAGEMAKER}model/{{ModelName}}", f"{_SAGEMAKER}endpoint/{{EndpointName}}"
_CONFIG = f"{_SAGEMAKER}endpoint-config/{{EndpointConfigName}}"
_GROUP = f"{_SAGEMAKER}model-package-group/{{ModelPackageGroupName}}"
_PACKAGE, _TAGGED = "{ModelPackageName}", "{ResourceArn}"
_BUCKET, _OBJECT = "arn:{partition}:s3:::{Bucket}", "arn:{partition}:s3:::{Bucket}/{Key}"
_STACK = "arn:{partition}:cloudformation:{region}:{account}:stack/{StackName}/*"
_ALARM = "arn:{partition}:cloudwatch:{region}:{account}:alarm:{AlarmName}"
_SCHEDULE = "arn:{partition}:scheduler:{region}:{account}:schedule/default/{Name}"
_TARGET = "arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/*"


def _on(resource: str, *actions: str) -> tuple[Permission, ...]:
    return tuple(Permission(action, resource) for action in actions)


OPERATIONS: Mapping[str, tuple[Permission, ...]] = {
    "sts.GetCallerIdentity": (),  # needs none
    "cloudformation.DescribeStacks": _on(_STACK, "cloudformation:DescribeStacks"),
    "s3.HeadBucket": _on(_BUCKET, "s3:ListBucket"),
    "s3.ListObjectsV2": _on(_BUCKET, "s3:ListBucket"),
    "s3.HeadObject": _on(_OBJECT, "s3:GetObject"),
    "s3.GetObject": _on(_OBJECT, "s3:GetObject"),
    "s3.PutObject": _on(_OBJECT, "s3:PutObject"),
    "s3.CreateMultipartUpload": _on(_OBJECT, "s3:PutObject"),
    "s3.UploadPart": _on(_OBJECT, "s3:PutObject"),
    "s3.CompleteMultipartUpload": _on(_OBJECT, "s3:PutObject"),
    "s3.AbortMultipartUpload": _on(_OBJECT, "s3:AbortMultipartUpload"),
    "s3.DeleteObject": _on(_OBJECT, "s3:DeleteObject"),
    "sagemaker.CreateTrainingJob": _on(_TRAINING, "sagemaker:CreateTrainingJob", "sagemaker:AddTags"),
    "sagemaker.DescribeTrainingJob": _on(_TRAINING, "sagemaker:DescribeTrainingJob"),
    "sagemaker.ListTrainingJobs": _on("*", "sagemaker:ListTrainingJobs"),
    "sagemaker.ListTransformJobs": _on("*", "sagemaker:ListTransformJobs"),
    "sagemaker.StopTrainingJob": _on(_TRAINING, "sagemaker:StopTrainingJob"),
    "sagemaker.CreateTransformJob": _on(_TRANSFORM, "sagemaker:CreateTransformJob", "sagemaker:AddTags"),
    "sagemaker.DescribeTransformJob": _on(_TRANSFORM, "sagemaker:DescribeTransformJob"),
    "sagemaker.StopTransformJob": _on(_TRANSFORM, "sagemaker:StopTransformJob"),
    "sagemaker.CreateProcessingJob": _on(_PROCESSING, "sagemaker:CreateProcessingJob", "sagemaker:AddTags"),
    "sagemaker.DescribeProcessingJob": _on(_PROCESSING, "sagemaker:DescribeProcessingJob"),
    "sagemaker.StopProcessingJob": _on(_PROCESSING, "sagemaker:StopProcessingJob"),
    "sagemaker.CreateModel": _on(_MODEL, "sagemaker:CreateModel", "sagemaker:AddTags"),
    "sagemaker.DescribeModel": _on(_MODEL, "sagemaker:DescribeModel"),
    "sagemaker.DeleteModel": _on(_MODEL, "sagemaker:DeleteModel"),
    "sagemaker.ListModels": _on("*", "sagemaker:ListModels"),
    "sagemaker.CreateEndpointConfig": _on(_CONFIG, "sagemaker:CreateEndpointConfig", "sagemaker:AddTags"),
    "sagemaker.DescribeEndpointConfig": _on(_CONFIG, "sagemaker:DescribeEndpointConfig"),
    "sagemaker.DeleteEndpointConfig": _on(_CONFIG, "sagemaker:DeleteEndpointConfig"),
    "sagemaker.ListEndpointConfigs": _on("*", "sagemaker:ListEndpointConfigs"),
    "sagemaker.CreateEndpoint": (
        *_on(_ENDPOINT, "sagemaker:CreateEndpoint", "sagemaker:AddTags"),
        *_on(_CONFIG, "sagemaker:CreateEndpoint"),
    ),
    "sagemaker.UpdateEndpoint": (
        *_on(_ENDPOINT, "sagemaker:UpdateEndpoint"),
        *_on(_CONFIG, "sagemaker:UpdateEndpoint"),
    ),
    "sagemaker.DescribeEndpoint": _on(_ENDPOINT, "sagemaker:DescribeEndpoint"),
    "sagemaker.DeleteEndpoint": _on(_ENDPOINT, "sagemaker:DeleteEndpoint"),
    "sagemaker.AddTags": _on(_TAGGED, "sagemaker:AddTags"),
    "sagemaker.DeleteTags": _on(_TAGGED, "sagemaker:DeleteTags"),
    "sagemaker.ListTags": _on(_TAGGED, "sagemaker:ListTags"),
    "sagemaker.CreateModelPackageGroup": _on(_GROUP, "sagemaker:CreateModelPackageGroup", "sagemaker:AddTags"),
    "sagemaker.DescribeModelPackageGroup": _on(_GROUP, "sagemaker:DescribeModelPackageGroup"),
    "sagemaker.DeleteModelPackageGroup": _on(_GROUP, "sagemaker:DeleteModelPackageGroup"),
    "sagemaker.CreateModelPackage": _on(_GROUP, "sagemaker:CreateModelPackage"),
    "sagemaker.DescribeModelPackage": _on(_PACKAGE, "sagemaker:DescribeModelPackage"),
    "sagemaker.UpdateModelPackage": _on("{ModelPackageArn}", "sagemaker:UpdateModelPackage"),
    "sagemaker.DeleteModelPackage": _on(_PACKAGE, "sagemaker:DeleteModelPackage"),
    "sagemaker.ListModelPackages": _on(_GROUP, "sagemaker:ListModelPackages"),
    "sagemaker-runtime.InvokeEndpoint": _on(_ENDPOINT, "sagemaker:InvokeEndpoint"),
    "logs.FilterLogEvents": _on(
        "arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}:*", "logs:FilterLogEvents"
    ),
    "cloudwatch.PutMetricAlarm": _on(_ALARM, "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
    "cloudwatch.DescribeAlarms": _on("*", "cloudwatch:DescribeAlarms"),
    "cloudwatch.DeleteAlarms": _on(
        "arn:{partition}:cloudwatch:{region}:{account}:alarm:{AlarmNames}", "cloudwatch:DeleteAlarms"
    ),
    "cloudwatch.ListTagsForResource": _on("{ResourceARN}", "cloudwatch:ListTagsForResource"),
    "application-autoscaling.RegisterScalableTarget": _on(
        _TARGET, "application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource"
    ),
    "application-autoscaling.DeregisterScalableTarget": _on(
        _TARGET, "application-autoscaling:DeregisterScalableTarget"
    ),
    "application-autoscaling.DescribeScalableTargets": _on("*", "application-autoscaling:DescribeScalableTargets"),
    "application-autoscaling.ListTagsForResource": _on("{ResourceARN}", "application-autoscaling:ListTagsForResource"),
    "application-autoscaling.PutScalingPolicy": _on(_TARGET, "application-autoscaling:PutScalingPolicy"),
    "application-autoscaling.DeleteScalingPolicy": _on(_TARGET, "application-autoscaling:DeleteScalingPolicy"),
    "application-autoscaling.DescribeScalingPolicies": _on("*", "application-autoscaling:DescribeScalingPolicies"),
    "scheduler.CreateSchedule": _on(_SCHEDULE, "scheduler:CreateSchedule"),
    "scheduler.UpdateSchedule": _on(_SCHEDULE, "scheduler:UpdateSchedule"),
    "scheduler.GetSchedule": _on(_SCHEDULE, "scheduler:GetSchedule"),
    "scheduler.DeleteSchedule": _on(_SCHEDULE, "scheduler:DeleteSchedule"),
    "pricing.GetProducts": _on("*", "pricing:GetProducts"),
}
"""By service and operation, as botocore names them."""

_REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
_ROLES = "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html"


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """An action that AWS checks or carries out though no command calls it."""

    action: str
    when: str
    source: str


OF_THE_CALLER = (
    OnBehalf("iam:PassRole", "a job, model or schedule is made with a role", f"{_REFERENCE}list_amazonsagemaker.html"),
    OnBehalf(
        "iam:CreateServiceLinkedRole",
        "an endpoint is the first in the account to be scaled",
        "https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html",
    ),
    OnBehalf(
        "kms:GenerateDataKey",
        "an object is put into a bucket with a key",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    ),
    OnBehalf(
        "kms:Decrypt",
        "an object of such a bucket is read, or put in parts",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    ),
    OnBehalf(
        "kms:CreateGrant",
        "a job or an endpoint has a key for its disks",
        "https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html",
    ),
    OnBehalf(
        "kms:DescribeKey",
        "as kms:CreateGrant",
        "https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html",
    ),
)
"""Beside the calls of the commands."""

OF_THE_EXECUTION_ROLE = (
    *(
        OnBehalf(action, when, _ROLES)
        for when, actions in {
            "a job or endpoint reads its input or model, or writes its output": (
                "s3:GetObject",
                "s3:PutObject",
                "s3:ListBucket",
            ),
            "a container prints": (
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ),
            "an instance or a container reports its metrics": ("cloudwatch:PutMetricData",),
            "an instance fetches the image": (
                "ecr:GetAuthorizationToken",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ),
            "a job or model has a VpcConfig": (
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ),
            "input, output or disks are encrypted with a key": ("kms:Decrypt", "kms:Encrypt", "kms:CreateGrant"),
        }.items()
        for action in actions
    ),
    OnBehalf(
        "cloudwatch:DescribeAlarms",
        "an update is watched by alarms",
        "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html",
    ),
    OnBehalf(
        "s3:AbortMultipartUpload",
        "an upload of a large output is given up",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html",
    ),
    OnBehalf(
        "s3:DeleteObject",
        "a job deletes a checkpoint",
        "https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html",
    ),
    *(
        OnBehalf(
            action,
            "an output goes to a bucket with a key",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
        )
        for action in ("kms:GenerateDataKey", "kms:DescribeKey")
    ),
)
"""What SageMaker does with the role that it is passed."""


def actions_of(operation: str) -> list[str]:
    """Return the actions that an operation needs, of whatever service of the table it is."""
    found = [permissions for name, permissions in OPERATIONS.items() if name.endswith(f".{operation}")]
    return sorted({permission.action for permissions in found for permission in permissions})
