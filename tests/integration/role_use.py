"""What SageMaker does with the execution role for a request of a command: each action, and on what.

A job reads its channels and writes its output, an endpoint fetches its image, and so on: by the list of AWS's page on
execution roles, whose actions and sources `pipeline/infrastructure/actions.py` has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.aws.storage import Location
from tests.integration.watching import Call

Request = Mapping[str, Any]
Use = tuple[str, str]
"""An action, and the ARN that it is on."""

_IMAGE = re.compile(r"(\d+)\.dkr\.ecr\.([\w-]+)\.amazonaws\.com/([\w-]+):")
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_INTERFACE = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
_LOOKING = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
_LOGGING = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
_OF_OBJECTS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")


def uses(call: Call, place: str) -> Iterator[Use]:
    """Yield what SageMaker does with the role for a call.

    Parameters
    ----------
    call : Call
        The call.
    place : str
        Region and account, as ARNs have them: `eu-west-1:123456789012`.
    """
    if call.service == "sagemaker" and call.operation in _USES:
        yield from _USES[call.operation](call.request, place)


def _of_training_job(request: Request, place: str) -> Iterator[Use]:
    yield from _pulled(request["AlgorithmSpecification"]["TrainingImage"])
    for channel in request["InputDataConfig"]:
        yield from _read(channel["DataSource"]["S3DataSource"]["S3Uri"])
    yield from _written(request["OutputDataConfig"]["S3OutputPath"])
    if "CheckpointConfig" in request:
        yield from _read(request["CheckpointConfig"]["S3Uri"])
        yield from _written(request["CheckpointConfig"]["S3Uri"])
        yield from _deleted(request["CheckpointConfig"]["S3Uri"])
    yield from _running(f"/aws/sagemaker/TrainingJobs:log-stream:{request['TrainingJobName']}/algo-1", place)
    yield from _connected(request, place)
    yield from _encrypted(request["OutputDataConfig"].get("KmsKeyId"), request["ResourceConfig"].get("VolumeKmsKeyId"))


def _of_model(request: Request, place: str) -> Iterator[Use]:
    for container in request.get("Containers", []):
        if "Image" in container:  # else it is the package's
            yield from _pulled(container["Image"])
            yield from _read(container["ModelDataUrl"])
    yield from _connected(request, place)


def _of_package(request: Request, _: str) -> Iterator[Use]:
    for container in request["InferenceSpecification"]["Containers"]:
        yield from _pulled(container["Image"])
        yield from _read(container["ModelDataUrl"])


def _of_transform_job(request: Request, place: str) -> Iterator[Use]:
    yield from _read(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    yield from _written(request["TransformOutput"]["S3OutputPath"])
    yield from _running(f"/aws/sagemaker/TransformJobs:log-stream:{request['TransformJobName']}/i-1", place)
    output, resources = request["TransformOutput"], request["TransformResources"]
    yield from _encrypted(output.get("KmsKeyId"), resources.get("VolumeKmsKeyId"))


def _of_config(request: Request, _: str) -> Iterator[Use]:
    capture = request.get("DataCaptureConfig", {})
    if capture:
        yield from _written(capture["DestinationS3Uri"])
    yield from _encrypted(capture.get("KmsKeyId"), request.get("KmsKeyId"))


def _of_endpoint(request: Request, place: str) -> Iterator[Use]:
    yield from _running(f"/aws/sagemaker/Endpoints/{request['EndpointName']}:log-stream:AllTraffic/i-1", place)


def _of_update(request: Request, place: str) -> Iterator[Use]:
    yield from _of_endpoint(request, place)
    for alarm in request.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {}).get("Alarms", []):
        yield "cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{place}:alarm:{alarm['AlarmName']}"


def _pulled(image: str) -> Iterator[Use]:
    found = _IMAGE.match(image)
    assert found, image
    yield "ecr:GetAuthorizationToken", "*"
    for action in _PULL:
        yield action, f"arn:aws:ecr:{found[2]}:{found[1]}:repository/{found[3]}"


def _read(uri: str) -> Iterator[Use]:
    location = Location.parse(uri)
    yield "s3:ListBucket", f"arn:aws:s3:::{location.bucket}"
    yield "s3:GetObject", f"arn:aws:s3:::{location.bucket}/{location.key}"


def _written(uri: str) -> Iterator[Use]:
    location = Location.parse(uri)
    for action in ("s3:PutObject", "s3:AbortMultipartUpload"):
        yield action, f"arn:aws:s3:::{location.bucket}/{location.key}/a"


def _deleted(uri: str) -> Iterator[Use]:
    location = Location.parse(uri)
    yield "s3:DeleteObject", f"arn:aws:s3:::{location.bucket}/{location.key}/a"


def _running(stream: str, place: str) -> Iterator[Use]:
    yield "cloudwatch:PutMetricData", "*"
    for action in _LOGGING:
        yield action, f"arn:aws:logs:{place}:log-group:{stream}"


def _connected(request: Request, place: str) -> Iterator[Use]:
    network = request.get("VpcConfig")
    if not network:
        return
    for action in _INTERFACE:
        yield action, f"arn:aws:ec2:{place}:network-interface/eni-1"
    for subnet in network["Subnets"]:
        yield "ec2:CreateNetworkInterface", f"arn:aws:ec2:{place}:subnet/{subnet}"
    for group in network["SecurityGroupIds"]:
        yield "ec2:CreateNetworkInterface", f"arn:aws:ec2:{place}:security-group/{group}"
    for action in _LOOKING:
        yield action, "*"


def _encrypted(key: str | None, key_of_disks: str | None) -> Iterator[Use]:
    if key:
        for action in _OF_OBJECTS:
            yield action, key
    if key_of_disks:
        yield "kms:CreateGrant", key_of_disks


_USES: Mapping[str, Callable[[Request, str], Iterator[Use]]] = {
    "CreateTrainingJob": _of_training_job,
    "CreateModel": _of_model,
    "CreateModelPackage": _of_package,
    "CreateTransformJob": _of_transform_job,
    "CreateEndpointConfig": _of_config,
    "CreateEndpoint": _of_endpoint,
    "UpdateEndpoint": _of_update,
}
