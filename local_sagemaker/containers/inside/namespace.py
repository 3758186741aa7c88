"""Gives the process that calls `enter`, and all that it starts from then on, an `/opt/ml` of its own (Linux).

That is a mount namespace in which a directory is mounted as `/opt/ml`; what else lies in `/opt` stays where it is. A
user who is not root gets it by a user namespace, in which only the own user and group are known. On request the process
has no network but a loopback of its own; sockets in the file system, and descriptors that are open already, go on
working.

A user namespace is for single-threaded processes only, so this is called first thing, by the container's guard
(`guard.py`). Everything that a container runs is started by a guard, in whatever Python or shell: hand `ProcessGroup` a
`Namespace` (`containers/namespaces.py`), and nothing else has to be done.

Run as a script, `namespace.py <directory>`, it only tries: its exit code is 0 if the directory becomes `/opt/ml`.
"""

import ctypes
import errno
import os
import stat
import sys

OPT, OPT_ML = "/opt", "/opt/ml"

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_SLAVE = 0x1000, 0x4000, 0x80000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1

_libc = ctypes.CDLL(None, use_errno=True)


def enter(directory: str, network: bool, programs: str = "", mounted_at: str = "") -> None:
    """Make a directory this process's `/opt/ml`, and take its network away unless it is to have one.

    Parameters
    ----------
    directory : str
        The directory; a working directory within it is entered anew by its path below `/opt/ml`.
    network : bool
        Whether the process keeps this machine's network.
    programs : str
        A folder that is seen in `/opt`, too; as a working directory it is entered by its path there. Empty for none.
    mounted_at : str
        Its path there.

    Raises
    ------
    OSError
        If the system does not allow it; its `strerror` says which step was refused.
    """
    working, root = os.getcwd(), os.path.realpath(directory)
    _unshare(CLONE_NEWNS | (0 if network else CLONE_NEWNET))
    mount(None, "/", MS_REC | MS_SLAVE)  # what is mounted here is not to be seen outside
    own = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    folder = os.open(programs, os.O_RDONLY | os.O_DIRECTORY) if programs else -1
    if not (os.path.isdir(OPT_ML) and (not programs or os.path.isdir(mounted_at))):
        _make_room_in_opt(mounted_at)
    mount(f"/proc/self/fd/{own}", OPT_ML, MS_BIND | MS_REC)
    os.close(own)
    if programs:
        mount(f"/proc/self/fd/{folder}", mounted_at, MS_BIND | MS_REC)
        os.close(folder)
        if os.path.samefile(working, mounted_at):
            os.chdir(mounted_at)
    if os.path.commonpath([working, root]) == root:
        os.chdir(os.path.normpath(os.path.join(OPT_ML, os.path.relpath(working, root))))
    if not network:
        _raise_loopback()


def _unshare(what: int) -> None:
    """Leave the namespaces that are shared with everybody, as root or else by a user namespace."""
    user, group = os.geteuid(), os.getegid()
    if user == 0 and _libc.unshare(what) == 0:
        return
    _check(_libc.unshare(CLONE_NEWUSER | what), "a user namespace")
    for name, content in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def _make_room_in_opt(mounted_at: str) -> None:
    """Put a file system in memory over `/opt`, which has all that lay there, `ml`, and what else is mounted."""
    under = os.open(OPT, os.O_RDONLY | os.O_DIRECTORY)
    mount("tmpfs", OPT, 0, b"tmpfs", b"mode=755")
    for name in os.listdir(under):
        show(f"/proc/self/fd/{under}/{name}", f"{OPT}/{name}")
    for path in filter(None, (OPT_ML, mounted_at)):
        os.makedirs(path, 0o755, exist_ok=True)
    os.close(under)


def show(source: str, target: str) -> None:
    """Have a file, a folder or a link seen at another place."""
    kind = os.lstat(source).st_mode
    if stat.S_ISLNK(kind):
        return os.symlink(os.readlink(source), target)
    if stat.S_ISDIR(kind):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    return mount(source, target, MS_BIND | MS_REC)


def _raise_loopback() -> None:
    import _socket  # `socket` takes time
    import fcntl

    request = b"lo".ljust(16, b"\0") + IFF_UP.to_bytes(2, sys.byteorder) + bytes(14)
    connection = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    fcntl.ioctl(connection.fileno(), SIOCSIFFLAGS, request)
    connection.close()


def mount(source: str | None, target: str, flags: int, kind: bytes | None = None, data: bytes | None = None) -> None:
    """Mount something; raises `OSError`, whose `strerror` says what was refused."""
    origin = None if source is None else os.fsencode(source)
    done = _libc.mount(origin, os.fsencode(target), kind, ctypes.c_ulong(flags), data)
    _check(done, f"a mount on {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what} is refused ({errno.errorcode[number]}: {os.strerror(number)})")


def _try(directory: str) -> None:
    """Enter, and look whether it is the directory indeed."""
    there = os.stat(directory)
    enter(directory, network=False)
    if not os.path.samestat(there, os.stat(OPT_ML)):
        raise OSError(errno.ENOENT, f"{OPT_ML} is not what was mounted there")


if __name__ == "__main__":
    try:
        _try(sys.argv[1])
    except OSError as error:
        sys.exit(str(error.strerror))
