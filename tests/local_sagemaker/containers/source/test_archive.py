"""Archives in and out."""

from __future__ import annotations

import io
import random
import tarfile
import tracemalloc
import zlib
from pathlib import Path

import pytest

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.containers.source.archive import extract, pack
from tests.local_sagemaker.containers.serving_containers import write_files


def archive_of(path: Path, *members: tarfile.TarInfo) -> Path:
    """Write an archive of members that hold nothing."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_what_is_packed_comes_out_again(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"model.joblib": "weights", "code/sub/inference.py": "import this"})
    (source / "empty").mkdir()
    (source / "code" / "run.sh").touch(mode=0o755)
    pack(source, tmp_path / "model.tar.gz")
    extract(tmp_path / "model.tar.gz", tmp_path / "out")
    assert (tmp_path / "out/model.joblib").read_text() == "weights"
    assert (tmp_path / "out/code/sub/inference.py").read_text() == "import this"
    assert (tmp_path / "out/empty").is_dir()
    assert (tmp_path / "out/code/run.sh").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "out/model.joblib").stat().st_mode & 0o777 == 0o600


def test_same_content_makes_the_same_bytes(tmp_path: Path) -> None:
    archives = []
    names = ["a", *(f"{letter}/{letter}" for letter in "bcdefgh")]
    for number, order in enumerate((names, names[::-1])):
        source = write_files(tmp_path / f"in-{number}", {name: f"text of {name}" for name in order})
        pack(source, tmp_path / f"{number}.tar.gz")
        archives.append((tmp_path / f"{number}.tar.gz").read_bytes())
    assert archives[0] == archives[1]


def test_a_link_to_a_file_is_packed_as_the_file(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"a": "text"})
    (source / "b").symlink_to("a")
    pack(source, tmp_path / "a.tar.gz")
    extract(tmp_path / "a.tar.gz", tmp_path / "out")
    assert (tmp_path / "out/b").read_text() == "text"


def test_a_link_to_a_directory_is_not_packed(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"a/b": "text"})
    (source / "c").symlink_to("a")
    with pytest.raises(ContainerFailed, match="in/c is neither a file nor a directory"):
        pack(source, tmp_path / "a.tar.gz")


def test_a_link_to_nothing_is_not_packed(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"a": "text"})
    (source / "c").symlink_to("missing")
    with pytest.raises(ContainerFailed, match=r"a\.tar\.gz cannot be written: .*in/c"):
        pack(source, tmp_path / "a.tar.gz")


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (member("../evil"), "../evil leads out"),
        (member("code/../../evil"), "code/../../evil leads out"),
        (member("/etc/evil"), "/etc/evil leads out"),
        (member("link", tarfile.SYMTYPE, "/etc"), "link is a symbolic link"),
        (member("hard", tarfile.LNKTYPE, "ok"), "hard is a hard link"),
        (member("null", tarfile.CHRTYPE), "null is a device"),
        (member("pipe", tarfile.FIFOTYPE), "pipe is a device"),
    ],
    ids=lambda value: value.name if isinstance(value, tarfile.TarInfo) else "",
)
def test_a_member_that_is_no_file_within_is_refused_by_name(tmp_path: Path, bad: tarfile.TarInfo, named: str) -> None:
    archive = archive_of(tmp_path / "bad.tar.gz", member("ok"), bad)
    with pytest.raises(ContainerFailed, match=named):
        extract(archive, tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("evil"))


def test_members_that_begin_with_a_dot_are_fine(tmp_path: Path) -> None:
    extract(
        archive_of(tmp_path / "a.tar.gz", member("./", tarfile.DIRTYPE), member("./model.joblib")), tmp_path / "out"
    )
    assert (tmp_path / "out" / "model.joblib").is_file()


@pytest.mark.parametrize("content", [b"", b"not a tar file at all", b"\x1f\x8b\x08\x00"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(ContainerFailed, match=r"model\.tar\.gz cannot be unpacked"):
        extract(tmp_path / "model.tar.gz", tmp_path / "out")


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"a": "".join(map(str, range(100_000)))})
    pack(source, tmp_path / "a.tar.gz")
    (tmp_path / "a.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:50_000])
    with pytest.raises(ContainerFailed, match=r"a\.tar\.gz cannot be unpacked"):
        extract(tmp_path / "a.tar.gz", tmp_path / "out")


def compressed(headers: bytes) -> bytes:
    """Compress headers and then megabytes of zeros."""
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([stream.compress(headers), *(stream.compress(bytes(1 << 20)) for _ in range(64)), stream.flush()])


def large(kind: bytes, size: int, **attributes: str) -> bytes:
    info = member("bomb", kind)
    info.size, info.pax_headers = size, attributes
    return info.tobuf(tarfile.PAX_FORMAT)


def of_negative_size(kind: bytes) -> bytes:
    info = member("bomb", kind)
    info.size = -512
    return info.tobuf(tarfile.GNU_FORMAT)


TOO_LONG = "cannot be unpacked: a header is not of 0 to 16777216 bytes"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (large(tarfile.REGTYPE, 10**18), r"would fill the disk \(bomb\)"),
        (large(tarfile.XHDTYPE, 60 << 20), TOO_LONG),
        (large(tarfile.GNUTYPE_LONGNAME, 60 << 20), TOO_LONG),
        (of_negative_size(tarfile.XHDTYPE), "cannot be unpacked: (a header is not of|invalid offset)"),
        (large(tarfile.GNUTYPE_SPARSE, 0), "bomb is a sparse file"),
        (large(tarfile.REGTYPE, 0, path="a\0b"), "cannot be unpacked: embedded null byte"),
    ],
    ids=["larger than the disk", "attributes", "name", "negative", "sparse", "null"],
)
def test_a_bomb_is_refused_before_it_takes_disk_or_memory(tmp_path: Path, headers: bytes, reason: str) -> None:
    (tmp_path / "model.tar.gz").write_bytes(compressed(headers))
    tracemalloc.start()
    try:
        with pytest.raises(ContainerFailed, match=rf"^model\.tar\.gz.*{reason}"):
            extract(tmp_path / "model.tar.gz", tmp_path / "out")
        assert tracemalloc.get_traced_memory()[1] < 30 << 20
    finally:
        tracemalloc.stop()
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_an_archive_that_was_damaged_within_a_file_is_refused(tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", {"a": "text"})
    (source / "weights").write_bytes(random.Random(1).randbytes(200_000))
    pack(source, tmp_path / "model.tar.gz")
    content = bytearray((tmp_path / "model.tar.gz").read_bytes())
    content[100_000] ^= 1
    (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(ContainerFailed, match=r"model\.tar\.gz cannot be unpacked: "):
        extract(tmp_path / "model.tar.gz", tmp_path / "out")


@pytest.mark.parametrize("compression", ["", "bz2", "xz"])
def test_an_archive_that_is_not_gzip_is_refused_as_on_aws(tmp_path: Path, compression: str) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", f"w:{compression}") as archive:
        archive.add(__file__, "code/a.py")
    with pytest.raises(ContainerFailed, match=r"it is not a valid tar\.gz archive"):
        extract(tmp_path / "model.tar.gz", tmp_path / "out")
