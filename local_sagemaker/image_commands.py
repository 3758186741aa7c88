"""The commands on images: which there are, whether each has an environment of its own here, and building one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

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
from local_sagemaker.containers.images.pythons import find_python, uv_may_download
from local_sagemaker.errors import LocalServerError

if TYPE_CHECKING:
    from local_sagemaker.containers.images.image import Image
    from local_sagemaker.state import StateDirectory


@click.group(invoke_without_command=True)
@click.pass_context
def images(context: click.Context) -> None:
    """List the images of the catalogue, and whether each has an environment of its own here."""
    if context.invoked_subcommand is None:
        for image in _catalogue(context.obj):
            click.echo(f"{image.name:<30}{_state(image)}")


@images.command()
@click.argument("name")
@click.pass_obj
def build(state: StateDirectory, name: str) -> None:
    """Build the environment of image NAME, such as sagemaker-scikit-learn:1.2-1."""
    image = next((image for image in _catalogue(state) if image.name == name), None)
    if image is None:
        raise LocalServerError(f"there is no image {name}; `local-sagemaker images` lists them")
    if own_is_enough(image):
        click.echo(f"{name} needs none: the server's own environment is the image's")
        return
    try:
        Build(environment_of(image), click.echo).run()
    except (Unavailable, ContainerFailed) as error:
        raise LocalServerError(f"the environment of {name} could not be built: {error}") from error
    click.echo(f"{name} has its own environment: {environment_of(image).facts}")


def _catalogue(state: StateDirectory) -> tuple[Image, ...]:
    os.environ[DIRECTORIES_VARIABLE] = os.pathsep.join(map(str, image_directories(state.images)))
    try:
        return all_images()
    except UnsupportedImage as error:
        raise LocalServerError(str(error)) from error


def _state(image: Image) -> str:
    """Say what a container of the image runs in."""
    if own_is_enough(image):
        return "server's own: this Python has what the image has"
    if switched_off():
        return f"unavailable: {SWITCH_VARIABLE}=off; {differences(image)}"
    environment = environment_of(image)
    if environment.is_built:
        return f"built: {environment.facts}"
    return _buildable(image)


def _buildable(image: Image) -> str:
    version = image.python
    assert version is not None
    if found := find_python(version):
        return f"buildable: on first use, with {found.path}"
    if uv_may_download():
        return f"buildable: on first use; uv would fetch Python {version}"
    return f"unavailable: {no_python(version)}; {differences(image)}"
