"""Checks a CreateTrainingJob request for what the service model does not say, before a job is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.containers.images.catalogue import UnsupportedImage, find
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import clusters, refusals, s3_uris
from local_sagemaker.sagemaker.resources.limits import TRAINING_DEFAULT_SECONDS
from local_sagemaker.sagemaker.running.input_files import objects_of
from local_sagemaker.sagemaker.training.files import intermediate_output
from local_sagemaker.sagemaker.training.metrics import MetricReader

_CHECKPOINTS = "/opt/ml/checkpoints"
_BAD_WAIT = "Invalid MaxWaitTimeInSeconds."


def check_training(request: Mapping[str, Any], objects: ObjectStore, region: str) -> None:
    """Check a request.

    Raises
    ------
    AwsError
        `ValidationException` if the image is not in the catalogue, a channel has no objects, or the request asks
        for what is not executed here.
    """
    if "AlgorithmSpecification" not in request:
        raise refusals.invalid("A training job needs an AlgorithmSpecification.")
    _check_algorithm(request["AlgorithmSpecification"])
    _check_resources(request)
    _check_output(request)
    _check_stopping(request)
    if request.get("EnableNetworkIsolation"):
        refusals.refuse_code_from_s3(request.get("HyperParameters", {}).get("sagemaker_submit_directory"))
    channels = request.get("InputDataConfig", ())
    names = [channel["ChannelName"] for channel in channels]
    if len(set(names)) < len(names):
        raise refusals.invalid("Channels must have names of their own.")
    for channel in channels:
        _check_input(channel, request["AlgorithmSpecification"]["TrainingInputMode"])
        _check_objects(channel, objects, region, request.get("RoleArn", ""))


def _check_algorithm(algorithm: Mapping[str, Any]) -> None:
    if "TrainingImage" not in algorithm:
        raise refusals.invalid("AlgorithmSpecification needs a TrainingImage.")
    _check_mode(algorithm["TrainingInputMode"])
    if "ContainerArguments" in algorithm and "ContainerEntrypoint" not in algorithm:
        raise refusals.unsupported("ContainerArguments without ContainerEntrypoint", "give both, or hyperparameters.")
    try:
        find(algorithm["TrainingImage"])
    except UnsupportedImage as error:
        raise refusals.invalid(str(error)) from error
    MetricReader(algorithm.get("MetricDefinitions", ()))


def _check_mode(mode: str) -> None:
    if mode == "Pipe":
        raise refusals.unsupported("the input mode Pipe", "use File.")


def _check_resources(request: Mapping[str, Any]) -> None:
    resources = request.get("ResourceConfig", {})
    clusters.check(resources, "train on one instance.")
    if "InstancePreferences" in resources and request.get("EnableManagedSpotTraining"):
        raise refusals.invalid("InstancePreferences and EnableManagedSpotTraining cannot both be given.")
    groups = {group["InstanceGroupName"] for group in resources.get("InstanceGroups", ())}
    for channel in request.get("InputDataConfig", ()):
        for name in channel["DataSource"].get("S3DataSource", {}).get("InstanceGroupNames", ()):
            if name not in groups:
                raise refusals.invalid(f"Channel {channel['ChannelName']} names {name}, which is no instance group.")


def _check_output(request: Mapping[str, Any]) -> None:
    output = request["OutputDataConfig"]
    s3_uris.parse(output["S3OutputPath"])
    if intermediate := intermediate_output(request):
        s3_uris.parse(intermediate)
    if output.get("CompressionType") == "NONE":
        raise refusals.unsupported("OutputDataConfig.CompressionType=NONE", "leave it out: models are model.tar.gz.")
    checkpoints = request.get("CheckpointConfig", {})
    if checkpoints.get("LocalPath", _CHECKPOINTS).rstrip("/") != _CHECKPOINTS:
        raise refusals.unsupported(f"CheckpointConfig.LocalPath={checkpoints['LocalPath']}", f"use {_CHECKPOINTS}.")


def _check_stopping(request: Mapping[str, Any]) -> None:
    """Hold a job to the rules of managed spot training, in AWS's words. What waits for no capacity never waits long."""
    condition = request.get("StoppingCondition", {})
    wait = condition.get("MaxWaitTimeInSeconds")
    if not request.get("EnableManagedSpotTraining"):
        if wait is not None:
            raise refusals.invalid(f"{_BAD_WAIT} It is only supported when EnableManagedSpotTraining is set to true")
    elif wait is None or wait < condition.get("MaxRuntimeInSeconds", TRAINING_DEFAULT_SECONDS):
        raise refusals.invalid(f"{_BAD_WAIT} It must be present and be greater than or equal to MaxRuntimeInSeconds")


def _check_input(channel: Mapping[str, Any], mode_of_job: str) -> None:
    mode = channel.get("InputMode", mode_of_job)
    _check_mode(mode)
    if channel.get("CompressionType", "None") != "None":
        raise refusals.invalid(
            f"Invalid compression type for channel {channel['ChannelName']}: {mode} mode only supports NONE, got "
            f"{channel['CompressionType']} instead"
        )
    if channel.get("RecordWrapperType", "None") != "None":
        raise refusals.unsupported("Channel.RecordWrapperType=RecordIO", "leave it out: it is of the mode Pipe.")


def _check_objects(channel: Mapping[str, Any], objects: ObjectStore, region: str, role: str) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise refusals.unsupported("a channel without S3DataSource", "put the data into S3.")
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise refusals.unsupported(f"S3DataType={source['S3DataType']}", "use S3Prefix or ManifestFile.")
    if not _found(objects, source):
        raise refusals.invalid(s3_uris.nothing_found(source["S3Uri"], region, role))


def _found(objects: ObjectStore, source: Mapping[str, Any]) -> bool:
    try:
        return bool(objects_of(objects, source))
    except AwsError as error:
        if error.code in ("NoSuchBucket", "NoSuchKey"):
            return False
        raise
