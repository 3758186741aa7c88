"""What AWS's documents say of a request and its models do not: sizes of members together, and what fits what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Request = Mapping[str, Any]

_KILOBYTE = 1024


def violations(name: str, request: Request) -> Iterator[str]:
    """Yield what a request of an operation (`service.Operation`) breaks."""
    for check in (_of_tags, *_CHECKS.get(name, ())):
        yield from (f"{name}: {problem}" for problem in check(request))


def _of_tags(request: Request) -> Iterator[str]:
    """https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html ."""
    tags = request.get("Tags", [])
    keys = list(tags) if isinstance(tags, dict) else [tag["Key"] for tag in tags]
    if len(keys) > 50 or len(set(keys)) != len(keys):
        yield "more than 50 tags, or one twice"
    yield from (f"tag {key!r}: aws: is AWS's own" for key in keys if key.lower().startswith("aws:"))


def _of_model(request: Request) -> Iterator[str]:
    """Read .../APIReference/API_ContainerDefinition.html and .../dg/inference-pipelines.html ."""
    containers = request.get("Containers", [])
    if containers and not 2 <= len(containers) <= 15:
        yield f"{len(containers)} containers in a series"
    if bool(containers) == ("PrimaryContainer" in request):
        yield "neither a series nor one container, or both"
    yield from _of_environments([item.get("Environment", {}) for item in containers])
    hosts = [item["ContainerHostname"] for item in containers if "ContainerHostname" in item]
    if len(set(hosts)) != len(hosts):
        yield "two containers of one name"


def _of_package(request: Request) -> Iterator[str]:
    """Read .../APIReference/API_InferenceSpecification.html ."""
    containers = request["InferenceSpecification"]["Containers"]
    if not 1 <= len(containers) <= 15:
        yield f"{len(containers)} containers"
    yield from _of_environments([item.get("Environment", {}) for item in containers])


def _of_environments(environments: list[Mapping[str, str]]) -> Iterator[str]:
    texts = [text for environment in environments for pair in environment.items() for text in pair]
    if any(len(text.encode()) > _KILOBYTE for text in texts):
        yield "a name or value of an environment is over 1 KB"
    if sum(len(text.encode()) for text in texts) > 32 * _KILOBYTE:
        yield "the environments are over 32 KB"


def _of_training_job(request: Request) -> Iterator[str]:
    """Read .../APIReference/API_StoppingCondition.html and API_CreateTrainingJob.html ."""
    stopping = request["StoppingCondition"]
    longest = stopping["MaxRuntimeInSeconds"]
    if longest > 28 * 86_400:
        yield f"{longest} seconds are over 28 days"
    if request.get("EnableManagedSpotTraining"):
        if stopping.get("MaxWaitTimeInSeconds", 0) < longest:
            yield "a spot job waits for less time than it may run"
    elif "MaxWaitTimeInSeconds" in stopping:
        yield "a wait is for spot jobs alone"
    if len(request.get("HyperParameters", {})) > 100:
        yield "more than 100 hyperparameters"
    channels = [channel["ChannelName"] for channel in request.get("InputDataConfig", [])]
    if not 1 <= len(set(channels)) == len(channels) <= 20:
        yield f"channels {channels}"


def _of_transform_job(request: Request) -> Iterator[str]:
    """Read .../APIReference/API_CreateTransformJob.html ."""
    payload, parallel = request.get("MaxPayloadInMB", 6), request.get("MaxConcurrentTransforms", 1)
    if payload * max(parallel, 1) > 100:
        yield f"{parallel} requests of {payload} MB at once are over 100 MB"
    if len(request.get("Environment", {})) > 16:
        yield "more than 16 variables"


def _of_update(request: Request) -> Iterator[str]:
    """Read .../APIReference/API_BlueGreenUpdatePolicy.html and API_TrafficRoutingConfig.html ."""
    deployment = request.get("DeploymentConfig", {})
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    sizes = {"CANARY": {"CanarySize"}, "LINEAR": {"LinearStepSize"}, "ALL_AT_ONCE": set()}[routing["Type"]]
    if {"CanarySize", "LinearStepSize"} & routing.keys() != sizes:
        yield f"{routing['Type']} with other sizes than its own"
    for size in (routing[name] for name in sizes & routing.keys()):
        if size["Type"] == "CAPACITY_PERCENT" and size["Value"] > 50:
            yield f"a step of {size['Value']}%"
    if not 600 <= policy["MaximumExecutionTimeoutInSeconds"] <= 28_800:
        yield "a deployment takes 10 minutes to 8 hours"
    if (
        "AutoRollbackConfiguration" in deployment
        and not 1 <= len(deployment["AutoRollbackConfiguration"]["Alarms"]) <= 10
    ):
        yield "1 to 10 alarms"


def _of_alarm(request: Request) -> Iterator[str]:
    """Read .../AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html ."""
    if ("Statistic" in request) == ("ExtendedStatistic" in request):
        yield "one statistic of the two kinds"
    period = request["Period"]
    if period not in (10, 20, 30) and period % 60:
        yield f"a period of {period} s"
    if period * request["EvaluationPeriods"] > 86_400:
        yield "it looks back for more than a day"


def _of_target(request: Request) -> Iterator[str]:
    """Read .../autoscaling/application/APIReference/API_RegisterScalableTarget.html ."""
    if not 0 <= request["MinCapacity"] <= request["MaxCapacity"]:
        yield "the least is more than the most"


def _of_change_set(request: Request) -> Iterator[str]:
    """Read .../AWSCloudFormation/latest/UserGuide/cloudformation-limits.html ."""
    if len(request["TemplateBody"].encode()) > 51_200:
        yield "a template in a request has 51,200 bytes at most"
    if len(request.get("Parameters", [])) > 200:
        yield "more than 200 parameters"


def _of_schedule(request: Request) -> Iterator[str]:
    """Read .../scheduler/latest/APIReference/API_Target.html ."""
    if len(request["Target"].get("Input", "").encode()) > 256 * _KILOBYTE:
        yield "an input of over 256 KB"


def _of_object(request: Request) -> Iterator[str]:
    """Read .../AmazonS3/latest/userguide/object-keys.html and bucketnamingrules.html ."""
    if len(request["Key"].encode()) > 1024:
        yield "a key of over 1,024 bytes"
    if not 3 <= len(request["Bucket"]) <= 63:
        yield f"bucket {request['Bucket']!r}"


_CHECKS: Mapping[str, tuple[Callable[[Request], Iterator[str]], ...]] = {
    "application-autoscaling.RegisterScalableTarget": (_of_target,),
    "cloudformation.CreateChangeSet": (_of_change_set,),
    "cloudwatch.PutMetricAlarm": (_of_alarm,),
    "s3.PutObject": (_of_object,),
    "sagemaker.CreateModel": (_of_model,),
    "sagemaker.CreateModelPackage": (_of_package,),
    "sagemaker.CreateTrainingJob": (_of_training_job,),
    "sagemaker.CreateTransformJob": (_of_transform_job,),
    "sagemaker.UpdateEndpoint": (_of_update,),
    "scheduler.CreateSchedule": (_of_schedule,),
    "scheduler.UpdateSchedule": (_of_schedule,),
}
