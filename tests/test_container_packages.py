"""What both containers need stands in both, and neither knows by which name it is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container_sources import CLASSIFIER, PREPROCESSOR

INNER = {folder: folder / folder.name.removesuffix("_container") for folder in (PREPROCESSOR, CLASSIFIER)}
OWN_CONTENT = {"artefact/serving_files.py", "job/channels.py", "job/fitting.py", "job/streamed_fit.py"}
"""Files for the same purpose in both that are not copies: each model has files, channels and a fit of its own."""


def sources(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(INNER[folder].rglob("*.py")) if "__pycache__" not in path.parts)


def names(folder: Path) -> set[str]:
    return {path.relative_to(INNER[folder]).as_posix() for path in sources(folder)}


def text(folder: Path, name: str) -> str:
    """Return a file's text with the container's name taken out."""
    inner = INNER[folder]
    return (inner / name).read_text(encoding="utf-8").replace(inner.name, "<container>")


@pytest.mark.parametrize("name", ["../serving.py", "../gunicorn_settings.py"])
def test_what_gunicorn_imports_is_the_same_in_both(name: str) -> None:
    assert text(PREPROCESSOR, name) == text(CLASSIFIER, name)


COPIES = sorted(names(PREPROCESSOR) & names(CLASSIFIER) - OWN_CONTENT)
MODULES = [path for folder in INNER for path in sources(folder)]


@pytest.mark.parametrize("name", COPIES)
def test_files_of_the_same_name_are_copies_but_for_the_containers_name(name: str) -> None:
    assert text(PREPROCESSOR, name) == text(CLASSIFIER, name)


def test_what_both_need_is_held_equal() -> None:
    assert {"errors.py", "event_log.py", "requests/media_types.py", "wire/arrow_format.py"} <= set(COPIES)
    assert names(PREPROCESSOR) & names(CLASSIFIER) >= OWN_CONTENT


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PREPROCESSOR.parent).as_posix())
def test_modules_of_a_container_import_each_other_relatively(path: Path) -> None:
    ours = {"pipeline", "tests", *(name for folder in INNER for name in (folder.name, INNER[folder].name))}
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert str(node.module).partition(".")[0] not in ours
        elif isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & ours


@pytest.mark.parametrize("folder", INNER, ids=lambda folder: folder.name)
def test_importing_a_room_runs_nothing(folder: Path) -> None:
    for path in sources(folder):
        if path.name == "__init__.py":
            (docstring,) = ast.parse(path.read_bytes()).body
            assert isinstance(docstring, ast.Expr)


@pytest.mark.parametrize("folder", INNER, ids=lambda folder: folder.name)
def test_every_room_is_a_package_of_at_most_fourteen_modules(folder: Path) -> None:
    for room in {path.parent for path in sources(folder)}:
        assert (room / "__init__.py").is_file()
        assert len(list(room.glob("*.py"))) <= 14
