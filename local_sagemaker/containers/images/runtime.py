"""Decides what a container of an image runs in: the image's own environment, built when it is first needed, or the
server's.
"""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.images import machine
from local_sagemaker.containers.images.building import Build, Unavailable
from local_sagemaker.containers.images.catalogue import Found, UnsupportedImage, find
from local_sagemaker.containers.images.environment import (
    SWITCH_VARIABLE,
    differences,
    environment_of,
    missing_here,
    own_is_enough,
    switched_off,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_sagemaker.containers.definition import LogSink
    from local_sagemaker.containers.images.image import Image
    from local_sagemaker.containers.namespaces import Namespace
    from local_sagemaker.containers.process_group import ProcessGroup

_SERVING_MODULE = "SAGEMAKER_SERVING_MODULE"
_ASKED = "SAGEMAKER_LOCAL_VERSION_ASKED"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a container's processes run with.

    Parameters
    ----------
    image : Image
        The image.
    environment : Path or None
        The image's own environment; None for the server's.
    asked : str or None
        The version that was asked for, where the image takes its place.
    """

    image: Image
    environment: Path | None = None
    asked: str | None = None

    @property
    def python(self) -> str:
        """The interpreter."""
        return sys.executable if self.environment is None else str(self.environment / "bin" / "python")

    def serves_without_program(self, environment: Mapping[str, str]) -> bool:
        """Whether a container with these variables serves without `SAGEMAKER_PROGRAM`."""
        of_image, serving = self.image.environment.get(_SERVING_MODULE), self.image.serving
        return serving.algorithm or bool(serving.command) or environment.get(_SERVING_MODULE) != of_image

    def within(self, namespace: Namespace | None) -> Namespace | None:
        """Have the image's programs seen in a namespace."""
        if namespace is None or self.image.programs is None:
            return namespace
        return replace(namespace, programs=self.image.programs, mounted_at=self.image.mounted_at)

    @property
    def variables(self) -> dict[str, str]:
        """What the image sets, and what its place on this machine adds to a container's variables."""
        variables = {**machine.variables(self.image), **self.image.environment}
        if self.asked is not None:
            variables[_ASKED] = self.asked
        first = [str(self.image.programs)] if self.image.programs else []
        if self.environment is not None:
            variables["VIRTUAL_ENV"] = str(self.environment)
        if self.environment is not None or first:
            first.append(str(Path(self.python).parent))
            variables["PATH"] = os.pathsep.join([*first, os.environ.get("PATH", os.defpath)])
        return variables


def runtime_for(
    uri: str,
    log: LogSink,
    watch: Callable[[ProcessGroup], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Runtime:
    """Find an image's environment, or build it; where it cannot be had, the server's own with a warning in the log.

    Parameters
    ----------
    uri : str
        The image, as the request names it.
    log : LogSink
        The container's log.
    watch : callable
        Gets each process group of a build as soon as it runs.
    stopped : callable
        Whether the container was stopped meanwhile.

    Raises
    ------
    ContainerFailed
        If there is no such image, nothing of it works in the server's own environment, or it was stopped.
    """
    try:
        found = find(uri)
    except UnsupportedImage as error:
        raise ContainerFailed(str(error)) from error
    image, asked = found.image, None if found.is_that_version else found.asked
    if asked is not None:
        log(f"WARNING: {_other_version(uri, found)}")
    if own_is_enough(image):
        return Runtime(image, None, asked)
    try:
        return Runtime(image, _built(image, log, watch, stopped), asked)
    except Unavailable as error:
        _warn(uri, image, str(error), log)
        return Runtime(image, None, asked)


def _built(image: Image, log: LogSink, watch: Callable[[ProcessGroup], None], stopped: Callable[[], bool]) -> Path:
    if switched_off():
        raise Unavailable(f"environments of images are switched off ({SWITCH_VARIABLE}=off)")
    environment = environment_of(image)
    if not environment.is_built:
        if reason := environment.recent_failure():
            raise Unavailable(f"a build failed some minutes ago: {reason}")
        _logger.info("the environment of %s is built in %s", image.name, environment.directory)
        Build(environment, log, watch, stopped).run()
        _logger.info("the environment of %s is built", image.name)
    log(f"{image.name} runs in its own environment: {environment.facts}")
    return environment.directory


def _warn(uri: str, image: Image, reason: str, log: LogSink) -> None:
    missing = ", ".join(missing_here(image))
    if missing:
        raise ContainerFailed(f"{image.name} needs {missing}, which the server's own environment lacks, and {reason}")
    warning = (
        f"{uri} runs locally in the server's own environment, not as {image.version}: {reason}. {differences(image)}."
    )
    _logger.warning("%s", warning)
    log(f"WARNING: {warning}")


def _other_version(uri: str, found: Found) -> str:
    image = found.image
    return f"{uri} runs locally as version {image.version} of {image.repository}, not as {found.asked}."
