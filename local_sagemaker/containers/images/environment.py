"""Where an image's Python environment lies, whether it is there, and how the server's own differs from it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import re
import time
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from local_sagemaker.containers.images.pythons import own_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_sagemaker.containers.images.image import Image

CACHE_VARIABLE = "SAGEMAKER_LOCAL_IMAGE_CACHE"
"""Where the environments are kept; else in the user's cache directory, for all checkouts and state directories."""

SWITCH_VARIABLE = "SAGEMAKER_LOCAL_IMAGE_ENVIRONMENTS"
"""`off`: no image has an environment of its own; the server's takes the place of all."""

RECIPE = 1
"""Counts the ways in which environments have been built, so that those of an older way are not taken for new ones."""

RETRY_SECONDS = 600.0
"""After a build that failed, until the next job tries again."""

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ImageEnvironment:
    """The environment of one image, whether it is built or not."""

    image: Image
    directory: Path

    @property
    def version(self) -> str:
        """Its Python, such as `3.9`."""
        return self.image.python or own_version()

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """Written last, so what has it is whole."""
        return self.directory / "image.json"

    @property
    def lock(self) -> Path:
        """Held by who builds it."""
        return self.directory.with_name(f"{self.directory.name}.lock")

    @property
    def failure(self) -> Path:
        """Why the last build failed."""
        return self.directory.with_name(f"{self.directory.name}.failed")

    @property
    def is_built(self) -> bool:
        """Whether it can be used; the interpreter that it was made of may be gone since."""
        return self.stamp.is_file() and self.python.exists()

    @property
    def facts(self) -> str:
        """What it is, in a few words."""
        stamp = json.loads(self.stamp.read_text())
        return f"Python {stamp['python']}, {', '.join(self.image.packages[:_SHOWN])}"

    def recent_failure(self) -> str | None:
        """Why a build has failed in the last minutes."""
        try:
            note = json.loads(self.failure.read_text())
        except (OSError, ValueError):
            return None
        return str(note["reason"]) if time.time() - note["time"] < RETRY_SECONDS else None

    def note_failure(self, reason: str) -> None:
        """Keep why a build has failed."""
        self.failure.write_text(json.dumps({"time": time.time(), "reason": reason}))


def environment_of(image: Image) -> ImageEnvironment:
    """The place of an image's environment: one for each content."""
    content = [str(RECIPE), image.python or own_version(), platform.system(), platform.machine(), *image.requirements]
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:12]
    return ImageEnvironment(image, cache_directory() / f"{image.name.replace(':', '-')}-{digest}")


def cache_directory() -> Path:
    """Where environments are kept."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("local-sagemaker") / "images"


def switched_off() -> bool:
    """Whether no image is to have an environment of its own."""
    return os.environ.get(SWITCH_VARIABLE, "").lower() in ("off", "0", "false", "no")


def own_is_enough(image: Image) -> bool:
    """Whether the server's own environment is the image's."""
    if not image.requirements and image.python is None:
        return True
    if image.satisfied_by:
        return not _differing(image.satisfied_by)
    is_python = image.python in (None, own_version())
    return is_python and not _differing(image.packages) and all(_version(_name(each)) for each in image.also)


def missing_here(image: Image) -> list[str]:
    """The modules that the image cannot do without and the server's own environment lacks."""
    return [module for module in image.needs if importlib.util.find_spec(module) is None]


def differences(image: Image) -> str:
    """Say how the server's own environment differs from the image's, in one line."""
    pythons = [] if image.python in (None, own_version()) else [f"Python {own_version()} here, {image.python} there"]
    packages = [f"{name} {here or 'missing'} here, {there} there" for name, here, there in _differing(image.packages)]
    rest = len(packages) - _SHOWN
    return "; ".join([*pythons, *packages[:_SHOWN], *([f"and {rest} more"] if rest > 0 else [])]) or "nothing differs"


def _differing(pins: Iterable[str]) -> list[tuple[str, str | None, str]]:
    """The pins that the server's own environment does not meet: name, version here, version there."""
    parts = (pin.partition("==") for pin in pins)
    return [(name, here, there) for name, _, there in parts if (here := _version(name)) is None or here != there]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


@cache
def _version(name: str) -> str | None:
    """The version of a package here; what is installed under a running server is not seen before its next start."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
