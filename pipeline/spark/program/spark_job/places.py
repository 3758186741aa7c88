"""Files in S3, or on this machine, by Arrow's file systems: the same code on AWS and beside the local SageMaker."""

from __future__ import annotations

import os

from pyarrow import fs


def open_place(uri: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a URI, and the path in it; `AWS_ENDPOINT_URL` says where S3 is, if not at AWS."""
    if not uri.startswith("s3://"):
        return fs.LocalFileSystem(), uri.removeprefix("file://")
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    where = {"endpoint_override": endpoint} if endpoint else {}
    return fs.S3FileSystem(region=os.environ.get("AWS_REGION"), **where), uri.removeprefix("s3://")


def read_range(uri: str, start: int, end: int) -> bytes:
    """Read some bytes of a file; `end` may lie behind it."""
    system, path = open_place(uri)
    with system.open_input_file(path) as file:
        file.seek(start)
        return bytes(file.read(max(0, end - start)))


def read_lines(uri: str, start: int, end: int) -> tuple[int, bytes]:
    """Read the lines of a file that begin from `start` up to `end`: ranges that meet make up the whole of it.

    Returns
    -------
    tuple of int and bytes
        Where the first line begins, and the lines.
    """
    content = read_range(uri, max(0, start - 1), end)
    first = start
    if start:
        newline = content.find(b"\n")
        first += max(newline, 0)
        content = content[newline + 1 :] if newline >= 0 else b""
    if not content or content.endswith(b"\n"):
        return first, content
    return first, content + _rest_of_line(uri, end)


def _rest_of_line(uri: str, start: int, step: int = 2**16) -> bytes:
    rest = b""
    while found := read_range(uri, start + len(rest), start + len(rest) + step):
        newline = found.find(b"\n")
        if newline >= 0:
            return rest + found[: newline + 1]
        rest += found
    return rest


def sizes_below(prefix: str) -> list[tuple[str, int]]:
    """Return what lies below a folder, by its URI, with its size; in the order of the names."""
    system, path = open_place(prefix.rstrip("/"))
    scheme = "s3://" if prefix.startswith("s3://") else ""
    found = system.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    return sorted((f"{scheme}{info.path}", int(info.size)) for info in found if info.type == fs.FileType.File)
