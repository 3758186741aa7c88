"""The commands on images: which there are, whether each has an environment of its own here, and building one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.images.building import Build, Unavailable, no_python
from local_sagemaker.containers.images.catalogue import (
    DIRECTORIES_VARIABLE,
    UnsupportedImage,
    all_images,
    image_directories,
)
from local_sagemaker.containers.images.environment import (
    SWITCH_VARIABLE,
    differences,
    environment_of,
    own_is_enough,
    switched_off,
)
from local_sagemaker.containers.images.machine import missing_programs
from local_sagemaker.containers.images.pythons import find_python, uv_may_download
from local_sagemaker.errors import LocalServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_sagemaker.containers.images.image import Image
    from local_sagemaker.state import StateDirectory


def listed(state: StateDirectory) -> Iterator[str]:
    """Write a line for each image of the catalogue: its name, and what a container of it runs in.

    Raises
    ------
    LocalServerError
        If a file of the user's does not describe an image.
    """
    for image in _catalogue(state):
        yield f"{image.name:<30}{_state(image)}"


def built(state: StateDirectory, name: str, log: Callable[[str], None]) -> str:
    """Build an image's environment, unless it is there; return a line that says what it is.

    Raises
    ------
    LocalServerError
        If there is no such image, or its environment cannot be had.
    """
    image = next((image for image in _catalogue(state) if image.name == name), None)
    if image is None:
        raise LocalServerError(f"there is no image {name}; `local-sagemaker images` lists them")
    if own_is_enough(image):
        return f"{name} needs none: the server's own environment is the image's"
    try:
        Build(environment_of(image), log).run()
    except (Unavailable, ContainerFailed) as error:
        raise LocalServerError(f"the environment of {name} could not be built: {error}") from error
    return f"{name} has its own environment: {environment_of(image).facts}"


def _catalogue(state: StateDirectory) -> tuple[Image, ...]:
    os.environ[DIRECTORIES_VARIABLE] = os.pathsep.join(map(str, image_directories(state.images)))
    try:
        return all_images()
    except UnsupportedImage as error:
        raise LocalServerError(str(error)) from error


def _state(image: Image) -> str:
    """Say what a container of the image runs in."""
    if missing := missing_programs(image):
        return f"unavailable: {missing}"
    if own_is_enough(image):
        return "server's own: this Python has what the image has"
    if switched_off():
        return f"unavailable: {SWITCH_VARIABLE}=off; {differences(image)}"
    environment = environment_of(image)
    if environment.is_built:
        return f"built: {environment.facts}"
    return _buildable(image)


def _buildable(image: Image) -> str:
    version = environment_of(image).version
    if found := find_python(version):
        return f"buildable: on first use, with {found.path}"
    if uv_may_download():
        return f"buildable: on first use; uv would fetch Python {version}"
    return f"unavailable: {no_python(version)}; {differences(image)}"
