"""Model artefacts and source folders in S3: whether they are there, and copies of them on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from local_sagemaker.containers import ServingDefinition
from local_sagemaker.containers.source.archive import is_gzip
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.models.records import ContainerDefinition
from local_sagemaker.sagemaker.resources import refusals, s3_uris


class ModelDataMissing(Exception):
    """An object that a container needs is not there, or is no archive; the message is AWS's."""


_SOURCE_VARIABLE = "SAGEMAKER_SUBMIT_DIRECTORY"


def check_model_data(objects: ObjectStore, container: ContainerDefinition) -> None:
    """See that a container's model artefact is there; of many models none needs to be there yet.

    Raises
    ------
    AwsError
        `ValidationException`, in AWS's words, if it is not.
    """
    uri = container.model_data
    if uri is None or container.multi_model:
        return
    place = s3_uris.parse(uri)
    try:
        objects.head(place.bucket, place.key)
    except AwsError as error:
        raise refusals.invalid(f"Could not find model data at {uri}.") from error


def serving_definition(
    objects: ObjectStore, container: ContainerDefinition, environment: Mapping[str, str], directory: Path
) -> ServingDefinition:
    """Fetch a container's files.

    Parameters
    ----------
    objects : ObjectStore
        Where the files come from.
    container : ContainerDefinition
        The container of a model.
    environment : mapping of str to str
        What a job adds to the container's environment, over it.
    directory : Path
        Where the archives are put. What is there already is taken as it is, whatever happened to the objects since.

    Raises
    ------
    ModelDataMissing
        If an object is not there, or not compressed with gzip.
    """
    directory.mkdir(parents=True, exist_ok=True)
    whole = {**container.environment, **environment}
    source = whole.get(_SOURCE_VARIABLE)
    source_uri = source if source and source.startswith("s3://") else None
    return ServingDefinition(
        image=container.image,
        environment=whole,
        model_archive=_fetch(objects, container, container.model_data, directory / "model.tar.gz"),
        source_archive=_fetch(objects, container, source_uri, directory / "source.tar.gz"),
        network_isolation=container.network_isolation,
    )


def _fetch(objects: ObjectStore, container: ContainerDefinition, uri: str | None, target: Path) -> Path | None:
    if uri is None:
        return None
    if target.exists():
        return target
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        place = s3_uris.parse(uri)
        with objects.open(place.bucket, place.key) as source, unfinished.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
    except AwsError as error:
        raise ModelDataMissing(
            f"Failed to download {_from(container, uri, '')} there is an object located at the URL and that the role "
            "passed to CreateModel has permissions to download the object."
        ) from error
    if not is_gzip(unfinished):
        reason = "the object located at the URL is a valid tar.gz archive."
        raise ModelDataMissing(f"Failed to extract {_from(container, uri, ' archive')} {reason}")
    unfinished.replace(target)
    return target


def _from(container: ContainerDefinition, uri: str, what: str) -> str:
    return f'model data{what} for container "{container.hostname}" from URL: "{uri}". Please ensure that'
