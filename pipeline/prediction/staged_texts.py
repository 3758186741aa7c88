"""Texts through a batch transform: staged in S3, transformed, and their answers read back in order."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipeline.artefacts import runs
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, delete_below, download
from pipeline.console import progress, rate, say
from pipeline.errors import BadInput, PipelineError
from pipeline.jobs.staged_parts import PART_BYTES, payload_mb, split_into_parts
from pipeline.jobs.transform_job import TransformJobRequest, run_transform
from pipeline.prediction.invoke import Prediction

JSON_LINES = "application/jsonlines"


@contextmanager
def classified(
    session: Session, model_name: str, texts: Iterator[str], instances: int = 1, part_bytes: int = PART_BYTES
) -> Iterator[Iterator[Prediction]]:
    """Classify texts by a batch transform, and give the answers in order; what was staged is deleted at the end.

    Neither texts nor answers are held: a part at a time is here.

    Raises
    ------
    BadInput
        If there is no text.
    JobFailed
        If the batch transform failed.
    """
    session.make_bucket()
    place = session.home / "batch" / runs.new_id()
    try:
        parts, longest = _stage(session, texts, place / "in", part_bytes)
        if not parts:
            raise BadInput("There is no record to classify: the input holds a header line only.")
        transform = transform_request(session, model_name, place / "in", place / "out", JSON_LINES, payload_mb(longest))
        run_transform(session, replace(transform, instance_count=min(instances, len(parts))))
        yield _read_answers(session, place / "out", parts)
    finally:
        delete_below(session.s3, place)


def transform_request(
    session: Session, model_name: str, source: Location, destination: Location, accept: str, max_payload_mb: int
) -> TransformJobRequest:
    """Return the request of a batch transform over one-line records, of a name of its own."""
    return TransformJobRequest(
        job_name=f"{session.name}-batch-{runs.new_id()}",
        model_name=model_name,
        source=source,
        destination=destination,
        accept=accept,
        assemble_with="Line",
        max_payload_mb=max_payload_mb,
    )


def _stage(session: Session, texts: Iterator[str], place: Location, part_bytes: int) -> tuple[dict[str, int], int]:
    """Upload `texts`; return each part's name with its number of records, and the bytes of the longest record."""
    parts: dict[str, int] = {}
    longest = n_records = 0
    with rate("staging") as staging:
        for part in split_into_parts(texts, part_bytes):
            session.s3.put_object(Bucket=place.bucket, Key=f"{place.key}/{part.name}", Body=part.content)
            parts[part.name] = part.n_records
            longest, n_records = max(longest, part.longest), n_records + part.n_records
            staging.show_if_due(n_records)
    say(f"{n_records:,} records staged in {len(parts)} parts at {place}")
    return parts, longest


def _read_answers(session: Session, place: Location, parts: Mapping[str, int]) -> Iterator[Prediction]:
    with tempfile.TemporaryDirectory() as directory, progress(sum(parts.values()), "records", "reading answers") as bar:
        path = Path(directory) / "part.out"
        for name, n_records in parts.items():
            where = place / f"{name}.out"
            download(session.s3, where, path, in_threads=False)
            count = 0
            with path.open(encoding="utf-8", newline="\n") as file:
                for line in file:
                    yield Prediction.from_json(json.loads(line))
                    count += 1
            check_answers(where, count, n_records)
            bar.update(count)


def check_answers(where: Location, n_answers: int, n_records: int) -> None:
    """See that a job's output has an answer to each record.

    Raises
    ------
    PipelineError
        If it has not.
    """
    if n_answers != n_records:
        raise PipelineError(
            f"{where} holds {n_answers} answers to {n_records} records; the job's output cannot be trusted."
        )
