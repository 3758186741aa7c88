"""The user's code: from wherever the definition says, into the container's `code/`."""

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.source.archive import extract

if TYPE_CHECKING:
    from local_sagemaker.containers.base_directory import BaseDirectory


def place(location: str, downloaded: Path | None, base: BaseDirectory) -> None:
    """Fill `base.code` from the source folder, source archive or single module at `location`.

    Parameters
    ----------
    location : str
        An s3 URI, or a path; `/opt/ml/…` is the container's, mapped or not.
    downloaded : Path or None
        The local file of an s3 URI.
    base : BaseDirectory
        The container's base directory.

    Raises
    ------
    ContainerFailed
        If nothing is there, or the archive cannot be unpacked.
    """
    if location.startswith("s3://"):
        if downloaded is None:
            raise ContainerFailed(f"the source archive {location} was not fetched")
        extract(downloaded, base.code)
        return
    path = Path(base.locate(location))
    if path.is_dir():
        if path != base.code:
            shutil.copytree(path, base.code, dirs_exist_ok=True)
    elif not path.is_file():
        raise ContainerFailed(f"the source folder {location} does not exist")
    elif tarfile.is_tarfile(path):
        extract(path, base.code)
    else:
        shutil.copy2(path, base.code)


def refuse_standard_names(base: BaseDirectory) -> None:
    """Refuse a served source folder in which a module is named like one of the standard library.

    The image runs pip within that folder before it serves, so such a module kills the container there.

    Raises
    ------
    ContainerFailed
        Naming the module.
    """
    for path in sorted(base.code.iterdir()):
        is_module = path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists())
        if is_module and path.stem in sys.stdlib_module_names:
            raise ContainerFailed(
                f"ImportModuleError: {path.name} in the source folder has the name of a standard-library module, "
                "and the image does not start with it; rename it"
            )
