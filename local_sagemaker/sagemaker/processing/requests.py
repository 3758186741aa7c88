"""Checks a CreateProcessingJob request for what the service model does not say, before a job is made of it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.containers.images.catalogue import UnsupportedImage, find
from local_sagemaker.containers.images.machine import missing_programs
from local_sagemaker.sagemaker.resources import clusters, refusals, s3_uris

_LOCAL = "/opt/ml/processing"


def check_processing(request: Mapping[str, Any]) -> None:
    """Check a request.

    Raises
    ------
    AwsError
        `ValidationException` if the image is not in the catalogue, what it needs is not on this machine, there is
        nothing to run, two inputs or outputs
        share a name, or the request asks for what is not executed here.
    """
    _check_application(request["AppSpecification"])
    clusters.check(request["ProcessingResources"]["ClusterConfig"], "process on one instance.")
    inputs = request.get("ProcessingInputs", ())
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
    _check_names(inputs, "InputName")
    _check_names(outputs, "OutputName")
    for given in inputs:
        _check_input(given)
    for given in outputs:
        _check_output(given)


def _check_application(application: Mapping[str, Any]) -> None:
    try:
        image = find(application["ImageUri"]).image
    except UnsupportedImage as error:
        raise refusals.invalid(str(error)) from error
    if missing := missing_programs(image):
        raise refusals.invalid(missing)
    if image.processing.entrypoint:
        return
    if "ContainerEntrypoint" not in application and "ContainerArguments" not in application:
        raise refusals.invalid("The image has no entry point of its own: give AppSpecification.ContainerEntrypoint.")


def _check_names(given: Sequence[Mapping[str, Any]], member: str) -> None:
    names = [one[member] for one in given]
    for name in names:
        if names.count(name) > 1:
            raise refusals.invalid(f'{member} must be unique; "{name}" is given {names.count(name)} times.')


def _check_input(given: Mapping[str, Any]) -> None:
    name, source = given["InputName"], given.get("S3Input")
    if source is None:
        raise refusals.invalid(f'The input "{name}" needs an S3Input.')
    _check_local_path(source, f'S3Input of "{name}"')
    s3_uris.parse(source["S3Uri"])
    if source.get("S3CompressionType", "None") != "None":
        raise refusals.invalid(f'S3CompressionType=Gzip of the input "{name}" belongs to the S3InputMode Pipe.')


def _check_output(given: Mapping[str, Any]) -> None:
    name, target = given["OutputName"], given.get("S3Output")
    if target is None:
        raise refusals.invalid(f'The output "{name}" needs an S3Output.')
    _check_local_path(target, f'S3Output of "{name}"')
    s3_uris.parse(target["S3Uri"])


def _check_local_path(place: Mapping[str, Any], of: str) -> None:
    path = place.get("LocalPath", "")
    if not posixpath.normpath(path).startswith(f"{_LOCAL}/"):
        raise refusals.invalid(f'LocalPath of the {of} must begin with {_LOCAL}/, and is "{path}".')
