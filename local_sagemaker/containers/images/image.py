"""One entry of the catalogue: an image, as its file describes it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

_IN_OPT = re.compile(r"/opt/(?!ml(?:/|$))[\w-][\w.-]*")

_STRICT = ConfigDict(extra="forbid")


class UnsupportedImage(ValueError):
    """No image of the catalogue answers to a name; the message has it and what there is."""


class BadImageFile(UnsupportedImage):
    """A file of the catalogue does not describe an image; the message names the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class Trains:
    """How an image trains: a script that the job names, else its own algorithm, else its command."""

    __pydantic_config__ = _STRICT

    algorithm: str | None = None
    """The module that trains where a job names no script."""

    command: tuple[str, ...] = ()
    """What the image runs for every job, instead of script mode."""

    tabs: str = "\t"
    """How a tab of the job's output stands in its log."""

    metrics: tuple[str, ...] = ()
    """The names of the metrics that the algorithm logs."""

    metric_data: tuple[str, ...] = ()
    """Of which data it logs them; with the name it makes a metric's name in the API, `<data>:<name>`."""

    metric_regex: str = ""
    """Where in the log a metric's value stands; `DATA` and `METRIC` stand for the two."""

    recommended_ranges: Mapping[str, tuple[int, int] | tuple[float, float]] = field(default_factory=dict)
    """Between what its hyperparameters are tuned where a tuning job does not say it; whole numbers for whole ones."""

    @property
    def metric_definitions(self) -> list[dict[str, str]]:
        """What a job of the algorithm has for its MetricDefinitions."""
        return [
            {"Name": f"{data}:{name}", "Regex": self.metric_regex.replace("DATA", data).replace("METRIC", name)}
            for data in self.metric_data
            for name in self.metrics
        ]


@dataclass(frozen=True, slots=True)
class Serves:
    """How an image serves: the module that a model names, else its own algorithm, else its command."""

    __pydantic_config__ = _STRICT

    algorithm: bool = False
    """Whether it serves a model that names no module."""

    command: tuple[str, ...] = ()
    """A server that listens on `SAGEMAKER_BIND_TO_PORT` (8080), instead of the toolkit's."""


@dataclass(frozen=True, slots=True)
class Processes:
    """How an image runs processing jobs."""

    __pydantic_config__ = _STRICT

    entrypoint: tuple[str, ...] = ()
    """What runs where a job names no ContainerEntrypoint."""

    programs: Mapping[str, str] = field(default_factory=dict)
    """Programs of the image, each with the module that stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image, by its repository and version.

    Parameters
    ----------
    repository : str
        The last part of the image's name, without a tag.
    version : str or None
        The tag, without its `-cpu-py3`; None for any.
    tags : tuple of str
        Other tags that name it.
    other_repositories : tuple of str
        Repositories of its predecessors, whose versions it takes the place of.
    python : str or None
        The Python of the image, such as `3.9`; None for the server's own.
    packages : tuple of str
        Its packages, as it publishes them: `name==version`.
    also : tuple of str
        Requirements besides, whose versions the image does not publish.
    sources : tuple of str
        Packages of it that are published without wheels; they have nothing to compile.
    imports : tuple of str
        Modules that are imported when its environment has been built, to see that it works.
    needs : tuple of str
        Modules without which nothing of the image works: the server's own environment takes its place with these only.
    satisfied_by : tuple of str
        Where the server's own environment has these, it is the image's, whatever its Python.
    machine : mapping of str to str
        Programs of the machine without which nothing of the image works, each with what installs it.
    other_versions : bool
        Whether it takes the place of versions of this repository that are not in the catalogue.
    folder : str or None
        The folder of its programs, from the file's own; it is first on `PATH`, and where they run.
    mounted_at : str
        Where the programs see that folder, where containers have mount namespaces.
    environment : mapping of str to str
        The variables that it sets.
    training, serving, processing : Trains, Serves, Processes
        How it trains, serves and runs processing jobs.
    file : Path
        Where it is described.
    """

    __pydantic_config__ = _STRICT

    repository: str
    version: str | None = None
    tags: tuple[str, ...] = ()
    other_repositories: tuple[str, ...] = ()
    python: str | None = None
    packages: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    satisfied_by: tuple[str, ...] = ()
    machine: Mapping[str, str] = field(default_factory=dict)
    other_versions: bool = False
    folder: str | None = None
    mounted_at: str = "/opt/program"
    environment: Mapping[str, str] = field(default_factory=dict)
    training: Trains = field(default_factory=Trains)
    serving: Serves = field(default_factory=Serves)
    processing: Processes = field(default_factory=Processes)
    file: Path = Path()

    @property
    def name(self) -> str:
        """Its name in messages and commands."""
        return f"{self.repository}:{self.version}" if self.version else self.repository

    @property
    def requirements(self) -> tuple[str, ...]:
        """All that its environment is made of."""
        return (*self.packages, *self.also, *self.sources)

    @property
    def programs(self) -> Path | None:
        """Where its programs lie on this machine."""
        return None if self.folder is None else (self.file.parent / self.folder).resolve()


_IMAGE = TypeAdapter(Image)


def read_image(file: Path) -> Image:
    """Read one file of the catalogue.

    Raises
    ------
    BadImageFile
        If it is no TOML, or not an image's description.
    """
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        image = _IMAGE.validate_python({**content, "file": file})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise BadImageFile(f"{file}: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from error
    except (OSError, ValueError) as error:
        raise BadImageFile(f"{file}: {error}") from error
    if (programs := image.programs) is not None and not programs.is_dir():
        raise BadImageFile(f"{file}: folder: {programs} is not there")
    if not _IN_OPT.fullmatch(image.mounted_at):
        raise BadImageFile(f"{file}: mounted_at: {image.mounted_at} is not a folder in /opt")
    return image
