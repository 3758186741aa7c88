"""Where the state is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_sagemaker.state import StateDirectory


@pytest.fixture(autouse=True)
def no_directory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the tests is led astray by the variable of whoever runs them."""
    monkeypatch.delenv("SAGEMAKER_LOCAL_STATE", raising=False)


def test_each_project_has_its_own(tmp_path: Path) -> None:
    assert StateDirectory.of_project(tmp_path).root == tmp_path / ".local-sagemaker"


def test_another_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAGEMAKER_LOCAL_STATE", str(tmp_path / "a" / ".." / "b"))
    assert StateDirectory.default().root == tmp_path / "b"
    assert StateDirectory.of_project(tmp_path).root == tmp_path / "b"


def test_an_installed_one_takes_the_nearest_projects(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".local-sagemaker").mkdir()
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert StateDirectory.default().root == tmp_path / ".local-sagemaker"


def test_an_installed_one_outside_projects_takes_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    found = StateDirectory.default().root
    assert found.name == "local-sagemaker"
    assert tmp_path in found.parents


def test_directory_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    root = tmp_path / "state"
    root.mkdir(mode=0o755)
    StateDirectory(root).create()
    assert {path.stat().st_mode & 0o777 for path in (root, *root.iterdir())} == {0o700}
