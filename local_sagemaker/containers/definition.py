"""What a container is given and what comes out of it: plain data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    LogSink = Callable[[str], None]
    """Takes one line of a container's output, without the newline. Called from the container's own thread."""


@dataclass(frozen=True, slots=True)
class ServingDefinition:
    """One entry of CreateModel's `Containers`, with its files already on this machine."""

    image: str
    environment: Mapping[str, str]
    model_archive: Path | None
    source_archive: Path | None
    network_isolation: bool = False


@dataclass(frozen=True, slots=True)
class ContainerResponse:
    """A model server's answer to one request."""

    status: int
    content_type: str | None
    body: bytes
    custom_attributes: str | None = None
    """The header `X-Amzn-SageMaker-Custom-Attributes`."""


@dataclass(frozen=True, slots=True)
class TrainingDefinition:
    """What CreateTrainingJob asks for; the channels' files already lie in `<base>/input/data/<channel>/`."""

    image: str
    job_name: str
    region: str
    hyperparameters: Mapping[str, str]
    environment: Mapping[str, str]
    channels: Mapping[str, Mapping[str, Any]]
    source_archive: Path | None
    resources: Mapping[str, Any]
    network_isolation: bool = False
    entry_point: Sequence[str] = ()
    """What runs instead of the image's toolkit, with `arguments`; a script runs when it is empty."""
    arguments: Sequence[str] = ()
    job_arn: str = ""
    """What tells a script's own clients which job they are in; empty where there is no job."""


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """How a run ended: the exit code (a script's is the image's: 0 or 1 whatever it was) and AWS's failure reason."""

    exit_code: int
    failure_reason: str | None


@dataclass(frozen=True, slots=True)
class ProcessingDefinition:
    """What CreateProcessingJob asks for; the inputs' files already lie in the container's base directory.

    `configuration` and `resources` are what the container reads in `/opt/ml/config`.
    """

    image: str
    region: str
    entrypoint: Sequence[str]
    arguments: Sequence[str]
    environment: Mapping[str, str]
    configuration: Mapping[str, Any]
    resources: Mapping[str, Any]
    network_isolation: bool = False


@dataclass(frozen=True, slots=True)
class ProcessingOutcome:
    """How a processing container ended: its exit code, and the first bytes of what it wrote to `output/message`.

    `hint` explains the end where this machine differs from AWS's.
    """

    exit_code: int
    message: bytes
    hint: str = ""
