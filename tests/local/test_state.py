"""Where the state is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.local.state import StateDirectory

CHECKOUT = Path(__file__).resolve().parents[2]


def test_each_checkout_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAGEMAKER_LOCAL_STATE", raising=False)
    assert StateDirectory.default().root == CHECKOUT / ".local-sagemaker"


def test_another_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAGEMAKER_LOCAL_STATE", str(tmp_path / "a" / ".." / "b"))
    assert StateDirectory.default().root == tmp_path / "b"


def test_directory_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    root = tmp_path / "state"
    root.mkdir(mode=0o755)
    StateDirectory(root).create()
    assert {path.stat().st_mode & 0o777 for path in (root, *root.iterdir())} == {0o700}
