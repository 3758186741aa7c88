"""What a job on Spark gets besides its data: the program, and the containers' code as archives for the executors."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from pipeline.artefacts.source_code import Container, files
from pipeline.aws.session import Session
from pipeline.aws.storage import Location

PROGRAM = Path(__file__).with_name("program")
_PACKAGE = "spark_job"
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def ship(session: Session, place: Location) -> dict[str, Location]:
    """Upload the program to a folder; return the inputs of a job that runs it."""
    code, below = place / "code", place / "py-files"
    for path in files(PROGRAM):
        where = code / path.relative_to(PROGRAM).as_posix()
        session.s3.put_object(Bucket=where.bucket, Key=where.key, Body=path.read_bytes())
    for name, content in archives().items():
        where = below / f"{name}.zip"
        session.s3.put_object(Bucket=where.bucket, Key=where.key, Body=content)
    return {"code": code, "py-files": below}


def archives() -> dict[str, bytes]:
    """Return what the executors import from, by name."""
    program = [path for path in files(PROGRAM) if path.relative_to(PROGRAM).parts[0] == _PACKAGE]
    return {
        _PACKAGE: zipped(PROGRAM, program),
        **{str(container): zipped(container.folder, list(files(container.folder))) for container in Container},
    }


def zipped(folder: Path, paths: list[Path]) -> bytes:
    """Return files of a folder as an archive that Python imports from, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EARLIEST)
            archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
