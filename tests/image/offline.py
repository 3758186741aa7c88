"""Run a command with the network cut off, loopback excepted, where the machine permits it.

AWS runs an isolated container without a network; a Linux network namespace of one's own is the same and needs no root.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

CUT_OFF = "IMAGE_TESTS_NETWORK_CUT_OFF"

_UNSHARE = ("unshare", "--user", "--map-root-user", "--net")
_SIOCSIFFLAGS = 0x8914  # linux/sockios.h
_IFF_UP = 0x1  # linux/if.h


def main(command: list[str]) -> None:
    """Replace this process by `command`, in a network namespace of its own when that is permitted."""
    if CUT_OFF in os.environ:
        _bring_loopback_up()
    elif _is_permitted():
        os.environ[CUT_OFF] = "1"
        command = [*_UNSHARE, sys.executable, __file__, *command]
    os.execvp(command[0], command)


def _is_permitted() -> bool:
    if shutil.which(_UNSHARE[0]) is None:
        return False
    return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


if __name__ == "__main__":
    main(sys.argv[1:])
