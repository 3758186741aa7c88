"""What an image needs of this machine that no package brings, such as Java: is it there, and what installs it?"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_sagemaker.containers.images.image import Image

JAVA_HOME = "JAVA_HOME"

_SECONDS = 30.0


def missing_programs(image: Image, server: Mapping[str, str] = os.environ) -> str | None:
    """Say which programs that an image needs are missing, and what installs them; None where all are there."""
    missing = [name for name in image.machine if not _works(name, server)]
    if not missing:
        return None
    return "; ".join(
        f"{image.name} needs {name}, which is not on this machine: {image.machine[name]}" for name in missing
    )


def variables(image: Image, server: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What an image's programs need of the server's variables to find those of the machine."""
    return {JAVA_HOME: server[JAVA_HOME]} if "java" in image.machine and JAVA_HOME in server else {}


def _works(name: str, server: Mapping[str, str]) -> bool:
    """Whether a program is there and runs: macOS has a `java` that only says where to get one."""
    at_home = Path(server.get(JAVA_HOME, os.devnull), "bin", name)
    found = str(at_home) if at_home.is_file() else shutil.which(name, path=server.get("PATH"))
    if found is None:
        return False
    try:
        done = subprocess.run([found, "-version"], capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
