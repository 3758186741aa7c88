"""`batch-transform --engine spark`: one processing job that classifies a lake of Parquet or CSV with a run's models."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, keys, upload_text
from pipeline.errors import BadInput
from pipeline.jobs.processing_job import INPUTS, SparkJobRequest, run_spark
from pipeline.spark.shipping import ship

_START = ("/bin/sh", f"{INPUTS}/code/start.sh", f"{INPUTS}/code/predict.py")


@dataclass(frozen=True, slots=True)
class Lake:
    """What is classified, and where the answers go."""

    source: Location
    destination: Location
    text_column: str
    form: str
    """`parquet` or `csv`: of the answers."""


def classify_lake(session: Session, run: Run, lake: Lake, instances: int = 1) -> list[str]:
    """Classify every record below a prefix; return the keys written.

    Raises
    ------
    BadInput
        If there are answers of an earlier job at the destination, or it lies within the source.
    JobFailed
        If the job failed.
    """
    _refuse_places(session, lake)
    session.make_bucket()
    job = runs.new_id()
    place = session.home / "batch" / job
    inputs = {**ship(session, place), "settings": place / "settings"}
    for container, artefact in run.artefacts.items():
        inputs[str(container)] = Location.parse(artefact.uri.rpartition("/")[0])
    settings = json.dumps(_settings(session, run, lake))
    upload_text(session.s3, settings, inputs["settings"] / "settings.json")
    request = SparkJobRequest(
        job_name=f"{session.name}-lake-{job}",
        entrypoint=_START,
        arguments=["--settings", f"{INPUTS}/settings/settings.json"],
        inputs=inputs,
        outputs={},
        instance_count=instances,
    )
    try:
        run_spark(session, request)
    finally:
        _delete(session, place)
    return [key for key in _written(session, lake.destination) if key.endswith(lake.form)]


def _refuse_places(session: Session, lake: Lake) -> None:
    within = lake.source.bucket == lake.destination.bucket and lake.destination.prefix.startswith(lake.source.prefix)
    if within:
        raise BadInput(f"{lake.destination} lies within {lake.source}: choose a place for the answers outside of it.")
    if f"{lake.destination.prefix}_SUCCESS" in _written(session, lake.destination):
        raise BadInput(f"{lake.destination} holds the answers of an earlier job: choose another place, or delete them.")


def _written(session: Session, place: Location) -> list[str]:
    return list(keys(session.s3, place.prefix, place.bucket))


def _settings(session: Session, run: Run, lake: Lake) -> dict[str, object]:
    return {
        "name": session.name,
        "source": lake.source.folder,
        "destination": str(lake.destination),
        "text_column": lake.text_column,
        "format": lake.form,
        "manifests": {str(container): run.artefacts[container].manifest_sha256 for container in Container},
    }


def _delete(session: Session, place: Location) -> None:
    for key in keys(session.s3, place.prefix, place.bucket):
        session.s3.delete_object(Bucket=place.bucket, Key=key)
