"""The catalogue: the images that come with the distribution and the user's own, found by what a request names."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from local_sagemaker.containers.images.image import Image, UnsupportedImage, read_image

if TYPE_CHECKING:
    from collections.abc import Iterable

DIRECTORIES_VARIABLE = "SAGEMAKER_LOCAL_IMAGES"
"""The user's own folders of the catalogue, with `:` between them."""

SHIPPED = Path(__file__).with_name("catalogue")

_OF_AWS = re.compile(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?P<repository>[a-z0-9-]+)"
    r":(?P<tag>[\w][\w.-]*)"
)

_BUILD = re.compile(r"-v\d[\d.]*$")
"""Which of the builds of an image it is, as of Spark's: `3.5-cpu-py312-v1.0`."""

_CPU = re.compile(r"-cpu(?:-py3\d*)?$")


@dataclass(frozen=True, slots=True)
class Found:
    """An image of the catalogue, and the version that was asked for."""

    image: Image
    asked: str | None

    @property
    def is_that_version(self) -> bool:
        """Whether it is the image asked for, and not one that takes its place."""
        return self.image.version in (None, self.asked)


def find(uri: str) -> Found:
    """Find the image that a request names; the user's own go before those that come with the distribution.

    Parameters
    ----------
    uri : str
        An image's URI, `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`; the user's own images need
        neither registry nor tag.

    Raises
    ------
    UnsupportedImage
        If there is none, or a file of the user's does not describe an image.
    """
    own = own_images()
    repository, _, tag = uri.rpartition("/")[2].partition(":")
    for image in own:
        if image.repository == repository and image.version in (None, tag or "latest"):
            return Found(image, image.version)
    match = _OF_AWS.fullmatch(uri)
    if match is None:
        _refuse(uri, own)
    known = (*own, *shipped_images())
    versions = [image for image in known if image.repository == match["repository"]]
    return _of_versions(versions, match["tag"]) or _successor(known, match) or _refuse(uri, own)


def _of_versions(versions: Iterable[Image], tag: str) -> Found | None:
    """Choose among a repository's images: the one that a tag names, else one that takes the place of others."""
    named = _BUILD.sub("", tag)
    version = _CPU.sub("", named)
    for image in versions:
        if image.version in (tag, named, version) or named in image.tags:
            return Found(image, image.version)
    return next((Found(image, version) for image in versions if image.other_versions), None)


def _successor(images: Iterable[Image], named: re.Match[str]) -> Found | None:
    """Find what takes the place of another repository; its versions tell nothing beside the successor's."""
    asked = f"{named['repository']}:{named['tag']}"
    return next((Found(image, asked) for image in images if named["repository"] in image.other_repositories), None)


def _refuse(uri: str, own: Iterable[Image]) -> NoReturn:
    raise UnsupportedImage(_unsupported(uri, own))


def all_images() -> tuple[Image, ...]:
    """The whole catalogue, the user's own images first.

    Raises
    ------
    BadImageFile
        If a file of the user's does not describe an image.
    """
    return (*own_images(), *shipped_images())


def own_images() -> tuple[Image, ...]:
    """The user's own images; read each time, so that a new one needs no restart.

    Raises
    ------
    BadImageFile
        If a file does not describe an image.
    """
    return tuple(_read(image_directories()))


def image_directories(*others: Path) -> list[Path]:
    """The user's own folders of the catalogue: those that the variable names, and others."""
    named = [Path(name).absolute() for name in os.environ.get(DIRECTORIES_VARIABLE, "").split(os.pathsep) if name]
    return list(dict.fromkeys([*named, *others]))


@cache
def shipped_images() -> tuple[Image, ...]:
    """The images that come with the distribution."""
    return tuple(_read([SHIPPED]))


def _read(directories: Iterable[Path]) -> list[Image]:
    return [read_image(file) for directory in directories for file in sorted(directory.glob("*.toml"))]


def _unsupported(uri: str, own: Iterable[Image]) -> str:
    names = ", ".join(image.name for image in (*own, *shipped_images()))
    return (
        f"The local SageMaker has no image {uri or '(none)'}: its catalogue holds {names}. A file in a folder that "
        f"{DIRECTORIES_VARIABLE} names adds one of your own (see Images in docs/local-mode.md)."
    )


__all__ = ["Found", "UnsupportedImage", "all_images", "find"]
