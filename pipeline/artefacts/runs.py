"""A run: what one `train` made, written to S3 when all of it is there, so that every later command (on any machine)
can find it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from pipeline.artefacts.source_code import Container
from pipeline.aws.storage import Location, opened, read_text, upload_text
from pipeline.errors import NotReady, PipelineError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Artefact(BaseModel):
    """A trained model: where it lies and what its manifest says."""

    model_config = ConfigDict(frozen=True)

    job: str
    uri: str
    manifest: dict[str, Any]
    manifest_sha256: str | None = None
    """Of manifest.json as it lies in the artefact; runs that were made before it was recorded have none."""

    @classmethod
    def described(cls, job: str, uri: str, manifest: bytes) -> Artefact:
        """Make the record of an artefact from the bytes of its manifest.json."""
        return cls(
            job=job, uri=uri, manifest=json.loads(manifest), manifest_sha256=hashlib.sha256(manifest).hexdigest()
        )

    @property
    def code(self) -> Mapping[str, str]:
        """The digests of the code that trained it, by path."""
        code: Mapping[str, str] = self.manifest["code"]["files"]
        return code


class Run(BaseModel):
    """What one `train` made. Written last, so a run that can be read is a whole one."""

    model_config = ConfigDict(frozen=True)

    id: str
    profile: str
    dataset: str
    is_stand_in: bool
    image: str
    test_uri: str
    """The test split, with categories, in the form of `pipeline.data.frame`."""
    artefacts: dict[Container, Artefact]

    @property
    def categories(self) -> list[str]:
        categories: list[str] = self.artefacts[Container.CLASSIFIER].manifest["categories"]
        return categories


def new_id() -> str:
    """Return a name for a run that sorts by time and that two people at once do not share."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def place(home: Location, run_id: str) -> Location:
    """Where everything of a run lies."""
    return home / "runs" / run_id


def save(s3: S3Client, home: Location, run: Run) -> None:
    """Write the run, and make it the latest."""
    upload_text(s3, run.model_dump_json(indent=2), place(home, run.id) / "run.json")
    upload_text(s3, json.dumps({"run": run.id}), home / "latest.json")


def find(s3: S3Client, home: Location, run_id: str | None = None) -> Run:
    """Read a run, the latest one when none is named.

    Raises
    ------
    NotReady
        If nothing was trained yet, or there is no such run.
    """
    if run_id is None:
        latest = read_text(s3, home / "latest.json")
        if latest is None:
            raise NotReady(f"Nothing is trained yet below {home}: run `make train` first.")
        run_id = str(json.loads(latest)["run"])
    text = read_text(s3, place(home, run_id) / "run.json")
    if text is None:
        raise NotReady(
            f"There is no finished run {run_id!r} below {home}. `python -m pipeline status` names the latest one."
        )
    return Run.model_validate_json(text)


def read_manifest(s3: S3Client, artefact: Location) -> bytes:
    """Take the bytes of manifest.json out of a `model.tar.gz`, which is fetched as far as that.

    Raises
    ------
    PipelineError
        If there is none in it.
    """
    with tarfile.open(fileobj=opened(s3, artefact), mode="r|gz") as archive:
        for member in archive:
            if member.name.removeprefix("./") == "manifest.json" and (file := archive.extractfile(member)):
                return file.read()
    raise PipelineError(f"{artefact} holds no manifest.json: it was not made by this project's training scripts.")
