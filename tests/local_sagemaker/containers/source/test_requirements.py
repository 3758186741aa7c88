"""A source folder's requirements, installed from a wheel in the folder itself so that no network is needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.containers.namespaces import Namespace
from local_sagemaker.containers.process_group import ProcessGroup
from local_sagemaker.containers.source.installers import options
from local_sagemaker.containers.source.requirements import installed
from tests.local_sagemaker.containers.serving_containers import write_files
from tests.local_sagemaker.marks import own_opt_ml

NAME = "greeting_for_a_test"


def write_wheel(directory: Path, text: str = "hello", version: str = "1.0") -> Path:
    """Write a wheel of one module."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{NAME}-{version}-py3-none-any.whl"
    information = f"{NAME}-{version}.dist-info"
    files = {
        f"{NAME}.py": f"TEXT = {text!r}\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{information}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(zipfile.ZipInfo(name), content)  # without the time of day: equal content is equal
    return path


def source(directory: Path, text: str = "hello") -> Path:
    """Make a source folder that requires the wheel beside it."""
    write_wheel(directory / "wheels", text)
    return write_files(directory, {"requirements.txt": f"--no-index\n--find-links ./wheels\n{NAME}==1.0\n"})


def say(packages: Path) -> str:
    command = [sys.executable, "-c", f"import {NAME}; print({NAME}.TEXT)"]
    told = subprocess.run(command, env={"PYTHONPATH": str(packages)}, capture_output=True, check=True, text=True)
    return told.stdout.strip()


def test_without_requirements_nothing_happens(tmp_path: Path) -> None:
    assert installed(tmp_path, tmp_path / "cache", {}, print) is None
    assert not (tmp_path / "cache").exists()


def test_requirements_are_installed_apart_from_this_environment(tmp_path: Path) -> None:
    packages = installed(source(tmp_path / "code"), tmp_path / "cache", {}, print)
    assert packages is not None
    assert packages.is_relative_to(tmp_path / "cache")
    assert say(packages) == "hello"
    here = subprocess.run([sys.executable, "-c", f"import {NAME}"], capture_output=True, text=True)
    assert "ModuleNotFoundError" in here.stderr


def test_same_content_is_installed_once(tmp_path: Path) -> None:
    runs: list[ProcessGroup] = []
    sources = [source(tmp_path / "one"), source(tmp_path / "two")]
    with ThreadPoolExecutor() as pool:
        folders = list(pool.map(lambda code: installed(code, tmp_path / "cache", {}, print, runs.append), sources))
    assert folders[0] == folders[1] == installed(sources[0], tmp_path / "cache", {}, print, runs.append)
    assert len(runs) == 2, "one dry run and one installation"


def test_other_content_of_a_named_file_is_another_installation(tmp_path: Path) -> None:
    first = installed(source(tmp_path / "one", "hello"), tmp_path / "cache", {}, print)
    second = installed(source(tmp_path / "two", "goodbye"), tmp_path / "cache", {}, print)
    assert first is not None
    assert second is not None
    assert (say(first), say(second)) == ("hello", "goodbye")


def test_what_this_python_has_is_not_installed_again(tmp_path: Path) -> None:
    code = source(tmp_path / "code")
    with (code / "requirements.txt").open("a") as requirements:
        requirements.write("numpy\nscikit-learn>=1.9\n")
    packages = installed(code, tmp_path / "cache", {}, print)
    assert packages is not None
    assert {path.name.partition("-")[0] for path in packages.iterdir() if path.suffix == ".dist-info"} == {NAME}


def test_requirements_that_are_all_there_need_no_folder_content(tmp_path: Path) -> None:
    code = write_files(tmp_path / "code", {"requirements.txt": "numpy  # is there\n"})
    packages = installed(code, tmp_path / "cache", {"PIP_NO_INDEX": "1"}, print)
    assert packages is not None
    assert not list(packages.iterdir())


def test_a_failure_says_the_installers_last_error_and_leaves_nothing(tmp_path: Path) -> None:
    code = write_files(tmp_path / "code", {"requirements.txt": "--no-index\nno-such-package==1.0\n"})
    said: list[str] = []
    with pytest.raises(ContainerFailed, match=r"requirements\.txt could not be installed: .*no-such-package"):
        installed(code, tmp_path / "cache", {}, said.append)
    assert said
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_the_definitions_pip_settings_hold(tmp_path: Path) -> None:
    code = write_files(tmp_path / "code", {"requirements.txt": "no-such-package==1.0\n"})
    with pytest.raises(ContainerFailed, match="no-such-package"):
        installed(code, tmp_path / "cache", {"PIP_NO_INDEX": "1"}, print)


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not on PATH")
def test_without_pip_it_is_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code = source(tmp_path / "code")
    with (code / "requirements.txt").open("a") as requirements:
        requirements.write("numpy\n")
    packages = installed(code, tmp_path / "cache", {}, print)
    assert packages is not None
    assert say(packages) == "hello"
    assert not (packages / "numpy").exists()
    bad = write_files(tmp_path / "bad", {"requirements.txt": "no-such-package==1.0\n"})
    with pytest.raises(ContainerFailed, match="no-such-package"):
        installed(bad, tmp_path / "cache", {"PIP_NO_INDEX": "1"}, print)


def test_options_say_where_packages_come_from() -> None:
    text = """
-r other.txt
-c pins.txt
-e .
--require-hashes
--no-index
--find-links ./wheels  # beside
-f 'two words'
numpy==2.0
"""
    assert options(text) == ["--no-index", "--find-links", "./wheels", "-f", "two words"]


def test_without_any_installer_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(ContainerFailed, match="no pip, and uv is not on PATH"):
        installed(source(tmp_path / "code"), tmp_path / "cache", {}, print)


@own_opt_ml
def test_an_isolated_container_gets_only_what_can_be_had_without_a_network(tmp_path: Path) -> None:
    base, cache = tmp_path / "base", tmp_path / "cache"
    code = source(base / "code")
    there = installed(code, cache, {}, print, namespace=Namespace(base))
    alone = installed(code, cache, {}, print, namespace=Namespace(base, network=False))
    assert there is not None
    assert alone is not None
    assert there != alone
    assert (alone / f"{NAME}.py").is_file()
