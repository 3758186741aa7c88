"""The source folders' digest and tarball."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from pipeline.artefacts.source_code import differing, digest, digests, tarball
from pipeline.errors import BadInput


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "train.py").write_text("print('train')\n", encoding="utf-8")
    (tmp_path / "sub" / "module.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "train.pyc").write_bytes(b"cache")
    (tmp_path / ".hidden").write_text("secret", encoding="utf-8")
    return tmp_path


def test_only_source_ships(folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(tarball(folder))) as archive:
        assert archive.getnames() == ["sub/module.py", "train.py"]


def test_tarball_is_the_same_bytes_whenever_it_is_made(folder: Path) -> None:
    before = tarball(folder)
    os.utime(folder / "train.py", (0, 0))
    assert tarball(folder) == before


def test_a_changed_file_changes_the_digest_and_is_named(folder: Path) -> None:
    before = digests(folder)
    (folder / "sub" / "module.py").write_text("x = 2\n", encoding="utf-8")
    assert digest(digests(folder)) != digest(before)
    assert differing(before, digests(folder)) == ["sub/module.py"]


def test_a_link_in_a_source_folder_is_refused(folder: Path) -> None:
    (folder / "linked.py").symlink_to(folder / "train.py")
    with pytest.raises(BadInput, match=r"linked\.py: a link"):
        digests(folder)
