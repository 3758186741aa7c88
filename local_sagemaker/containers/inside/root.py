"""Gives the process that calls `enter` a root folder of its own, in which it may write (Linux).

A processing container of AWS's works in `/`, and scripts put files there by relative paths. So a folder becomes `/`:
each entry of the machine's own root is mounted in it, what is written beside them stays in the folder. It needs a mount
namespace (`namespace.py`), so that nobody else sees the mounts.
"""

import os

from namespace import MS_BIND, mount, show  # type: ignore[import-not-found]  # a neighbour by its path

MS_UNBINDABLE = 0x20000


def enter(directory: str) -> None:
    """Make an empty directory this process's root and working directory.

    Parameters
    ----------
    directory : str
        The directory, on this machine's disk.

    Raises
    ------
    OSError
        If the system does not allow it; its `strerror` says which mount was refused.
    """
    mount(directory, directory, MS_BIND)
    mount(None, directory, MS_UNBINDABLE)  # or the folder that it lies in would bring it along, within itself
    with os.scandir("/") as entries:
        for entry in entries:
            show(entry.path, f"{directory}{entry.path}")
    os.chroot(directory)
    os.chdir("/")
