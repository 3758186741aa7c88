"""Where the user's code comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.containers.base_directory import BaseDirectory
from local_sagemaker.containers.source.archive import pack
from local_sagemaker.containers.source.source_code import place, refuse_standard_names
from tests.local_sagemaker.containers.serving_containers import write_files

FILES = {"inference.py": "x = 1", "package/__init__.py": "", "package/part.py": "y = 2"}


@pytest.fixture
def base(tmp_path: Path) -> BaseDirectory:
    made = BaseDirectory(tmp_path / "base")
    made.create(made.model, made.code)
    return made


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    pack(write_files(tmp_path / "source", FILES), tmp_path / "sourcedir.tar.gz")
    return tmp_path / "sourcedir.tar.gz"


def names(base: BaseDirectory) -> list[str]:
    return sorted(path.relative_to(base.code).as_posix() for path in base.code.rglob("*") if path.is_file())


def test_from_s3(base: BaseDirectory, archive: Path) -> None:
    place("s3://bucket/sourcedir.tar.gz", archive, base)
    assert names(base) == sorted(FILES)


def test_from_a_folder_of_the_model(base: BaseDirectory) -> None:
    write_files(base.model / "code", FILES)
    place(str(base.model / "code"), None, base)
    assert names(base) == sorted(FILES)


def test_from_an_archive_in_a_channel(base: BaseDirectory, archive: Path) -> None:
    place(str(archive), None, base)
    assert names(base) == sorted(FILES)


def test_from_a_single_module(base: BaseDirectory, tmp_path: Path) -> None:
    write_files(tmp_path, {"inference.py": "x = 1"})
    place(str(tmp_path / "inference.py"), None, base)
    assert names(base) == ["inference.py"]


def test_the_code_folder_itself_is_left_alone(base: BaseDirectory) -> None:
    write_files(base.code, FILES)
    place(str(base.code), None, base)
    assert names(base) == sorted(FILES)


def test_a_folder_that_is_not_there_is_refused(base: BaseDirectory) -> None:
    with pytest.raises(ContainerFailed, match="does not exist"):
        place(str(base.model / "code"), None, base)


def test_a_module_named_like_the_standard_librarys_is_refused(base: BaseDirectory) -> None:
    write_files(base.code, {"inference.py": "", "tokenize.py": ""})
    with pytest.raises(ContainerFailed, match=r"ImportModuleError: tokenize\.py"):
        refuse_standard_names(base)


def test_a_data_folder_may_have_any_name(base: BaseDirectory) -> None:
    write_files(base.code, {"inference.py": "", "types/data.json": "", "deep/codecs.py": ""})
    refuse_standard_names(base)
