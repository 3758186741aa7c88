"""`batch-transform` of headerless one-column CSVs in S3: by the job itself where its instances get as much to do each,
else in parts that are cut from the objects, whose answers are joined to one object again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.artefacts import runs
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, blocks, delete_below, keys, listed, upload_blocks
from pipeline.console import say
from pipeline.data.tables.bad_records import BadRecords, OnBadRecord
from pipeline.errors import BadInput
from pipeline.jobs.staged_lines import LinePart, line_parts
from pipeline.jobs.staged_parts import even_share, payload_mb
from pipeline.jobs.transform_job import run_transform
from pipeline.prediction.staged_texts import check_answers, transform_request

_NEARLY_EVEN = 1.1
"""How much more than its share the instance with the largest object may get before the objects are cut."""


@dataclass(frozen=True, slots=True)
class ObjectsRequest:
    """What is classified, and how."""

    source: Location
    destination: Location
    accept: str
    instances: int = 1
    on_bad_record: OnBadRecord = OnBadRecord.FAIL


@dataclass(frozen=True, slots=True)
class _Input:
    """An input object: its name seen from the job's prefix, where it is, and its bytes."""

    name: str
    where: Location
    size: int


def transform_objects(session: Session, model_name: str, request: ObjectsRequest) -> list[str]:
    """Classify headerless one-column CSVs below an S3 prefix, or a single one; returns the keys written.

    Raises
    ------
    BadInput
        If there is nothing below the prefix, the answers of an earlier run are, or a record of what is cut cannot be
        used.
    JobFailed
        If the batch transform failed.
    """
    source, destination = request.source, request.destination
    inputs, is_object = _inputs(session, source)
    _refuse_earlier_answers(source, destination, [one.name for one in inputs])
    if request.on_bad_record is OnBadRecord.SKIP or not _are_even(inputs, request.instances):
        return _transform_parts(session, model_name, request, inputs)
    transform = transform_request(session, model_name, source, destination, request.accept, payload_mb(0))
    run_transform(session, replace(transform, is_object=is_object, instance_count=request.instances))
    expected = {f"{destination.prefix}{one.name}.out" for one in inputs}
    return [key for key in keys(session.s3, destination.prefix, destination.bucket) if key in expected]


def _are_even(inputs: Sequence[_Input], instances: int) -> bool:
    """Tell whether SageMaker, which gives each object to one instance as a whole, can give each as much to do."""
    if instances == 1:
        return True
    share = sum(one.size for one in inputs) / instances
    return len(inputs) >= instances and max(one.size for one in inputs) <= _NEARLY_EVEN * share


def _transform_parts(session: Session, model_name: str, request: ObjectsRequest, inputs: Sequence[_Input]) -> list[str]:
    """Cut the objects, classify the parts, and join the answers of each; nothing is held but a part."""
    session.make_bucket()
    place = session.home / "batch" / runs.new_id()
    bad = BadRecords(request.on_bad_record)
    try:
        parts = _cut(session, inputs, place / "in", request.instances, bad)
        flat = [part for of_object in parts for part in of_object]
        if not flat:
            raise BadInput(f"{request.source}: there is no record to classify.")
        transform = transform_request(
            session,
            model_name,
            place / "in",
            place / "out",
            request.accept,
            payload_mb(max(part.longest for part in flat)),
        )
        run_transform(session, replace(transform, instance_count=min(request.instances, len(flat))))
        written = [
            _join(session, place / "out", of_object, request.destination / f"{one.name}.out")
            for one, of_object in zip(inputs, parts, strict=True)
        ]
    finally:
        delete_below(session.s3, place)
    bad.report()
    return written


def _cut(
    session: Session, inputs: Sequence[_Input], place: Location, instances: int, bad: BadRecords
) -> list[list[LinePart]]:
    """Upload the objects in parts of whole lines; return the parts of each, without their content."""
    part_bytes = even_share(sum(one.size for one in inputs), instances)
    cut: list[list[LinePart]] = []
    for number, one in enumerate(inputs):
        parts = []
        for part in line_parts(blocks(session.s3, one.where, one.size), str(one.where), part_bytes, bad):
            named = replace(part, name=f"{number:05d}-{part.name}", content=b"")
            where = place / named.name
            session.s3.put_object(Bucket=where.bucket, Key=where.key, Body=part.content)
            parts.append(named)
        cut.append(parts)
    n_records = sum(part.n_records for parts in cut for part in parts)
    say(f"{n_records:,} records of {len(inputs)} objects staged in {sum(map(len, cut))} parts at {place}")
    return cut


def _join(session: Session, place: Location, parts: Sequence[LinePart], destination: Location) -> str:
    """Make one object of the answers to the parts of one."""
    sizes = dict(listed(session.s3, place))
    total = sum(sizes.get((place / f"{part.name}.out").key, 0) for part in parts)

    def answers() -> Iterator[bytes]:
        for part in parts:
            where, count = place / f"{part.name}.out", 0
            for block in blocks(session.s3, where, sizes.get(where.key, 0)):
                count += block.count(b"\n")
                yield block
            check_answers(where, count, part.n_records)

    upload_blocks(session.s3, answers(), total, destination)
    return destination.key


def _inputs(session: Session, source: Location) -> tuple[list[_Input], bool]:
    """Return a job's input objects, and whether `source` is itself the only one."""
    below = [
        _Input(key.removeprefix(source.prefix), Location(source.bucket, key), size)
        for key, size in listed(session.s3, Location(source.bucket, source.key))
        if not key.endswith("/")  # a folder's marker, which SageMaker passes over
    ]
    if below:
        return below, False
    alike = list(listed(session.s3, source, is_prefix=True))
    if source.key not in [key for key, _ in alike]:
        raise BadInput(f"There is no object below {source.folder}. Upload headerless one-column CSV files there first.")
    if len(alike) > 1:
        raise BadInput(
            f"{source} is an object, and {alike[1][0]} begins with its key, too; a batch transform would take both. "
            f"Copy the object to a prefix of its own and name that."
        )
    return [_Input(source.key.rpartition("/")[2], source, alike[0][1])], True


def _refuse_earlier_answers(source: Location, destination: Location, inputs: Sequence[str]) -> None:
    """Refuse to classify answers as if they were texts, where the output lies within the input."""
    if source.bucket != destination.bucket or not destination.prefix.startswith(source.prefix):
        return
    within = destination.prefix.removeprefix(source.prefix)
    if answers := [name for name in inputs if name.startswith(within) and name.endswith(".out")]:
        raise BadInput(
            f"{source.folder} holds answers of an earlier batch transform ({source.prefix}{answers[0]}), which "
            f"would be classified, too. Choose an output outside the input, or delete them first."
        )
