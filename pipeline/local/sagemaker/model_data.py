"""Brings what a container needs from S3 to this machine: its model artefact and its source folder, as local files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pipeline.local.containers import ServingDefinition
from pipeline.local.errors import AwsError
from pipeline.local.s3.objects import ObjectStore
from pipeline.local.sagemaker import s3_uris
from pipeline.local.sagemaker.models import ContainerDefinition


class ModelDataMissing(Exception):
    """An object that a container needs is not there; the message is AWS's."""


_SOURCE_VARIABLE = "SAGEMAKER_SUBMIT_DIRECTORY"


def serving_definition(
    objects: ObjectStore, container: ContainerDefinition, environment: Mapping[str, str], directory: Path
) -> ServingDefinition:
    """Fetch a container's files.

    Parameters
    ----------
    objects
        Where the files come from.
    container
        The container of a model.
    environment
        What a job adds to the container's environment, over it.
    directory
        Where the archives are put. What is there already is taken as it is, whatever happened to the objects since.

    Raises
    ------
    ModelDataMissing
        If an object is not there.
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
        unfinished.replace(target)
    except AwsError as error:
        raise ModelDataMissing(
            f'Failed to download model data for container "{container.hostname}" from URL: "{uri}". Please ensure that '
            "there is an object located at the URL and that the role passed to CreateModel has permissions to download "
            "the object."
        ) from error
    return target
