"""Building an image's environment, and what a container runs in where there is none. Nothing is downloaded here."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.images import catalogue, environment
from local_sagemaker.containers.images.building import Build, Unavailable
from local_sagemaker.containers.images.environment import ImageEnvironment, environment_of, own_is_enough
from local_sagemaker.containers.images.image import Image
from local_sagemaker.containers.images.pythons import find_python, own_version
from local_sagemaker.containers.images.runtime import runtime_for
from tests.local_sagemaker.containers.source.test_requirements import NAME, write_wheel

EMPTY = Image(repository="empty", version="1", python=own_version())
"""An image without a package, so that nothing has to be fetched."""

OLD = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own; the environments of images are on."""
    monkeypatch.setenv(environment.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(environment.SWITCH_VARIABLE)
    return tmp_path / "cache"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own images."""
    directory = tmp_path / "own"
    directory.mkdir()
    monkeypatch.setenv(catalogue.DIRECTORIES_VARIABLE, str(directory))
    return directory


def test_an_environment_is_built_once_and_runs_its_own_python() -> None:
    said: list[str] = []
    there = environment_of(EMPTY)
    Build(there, said.append).run()
    assert there.is_built
    command = [str(there.python), "-c", "import sys; print(sys.prefix)"]
    assert subprocess.check_output(command, text=True).strip() == str(there.directory)
    assert any(line.startswith("Built the environment of empty:1 in ") for line in said)
    said.clear()
    Build(there, said.append).run()
    assert said == []


def test_two_at_once_build_it_once() -> None:
    said: list[list[str]] = [[], []]
    there = environment_of(EMPTY)
    threads = [threading.Thread(target=Build(there, lines.append).run) for lines in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert there.is_built
    assert sum(line.startswith("Building the environment") for lines in said for line in lines) == 1


def test_what_a_build_that_was_cut_off_has_left_is_not_taken_for_an_environment() -> None:
    there = environment_of(EMPTY)
    (there.directory / "bin").mkdir(parents=True)
    (there.directory / "bin" / "python").symlink_to(sys.executable)
    (there.directory / "half").touch()
    assert not there.is_built
    Build(there, lambda _: None).run()
    assert there.is_built
    assert not (there.directory / "half").exists()


def test_an_environment_that_does_not_work_is_not_kept_and_not_tried_again_at_once() -> None:
    there = environment_of(replace(EMPTY, imports=("no_such_module",)))
    with pytest.raises(Unavailable, match="No module named 'no_such_module'"):
        Build(there, lambda _: None).run()
    assert not there.directory.exists()
    assert "no_such_module" in (there.recent_failure() or "")
    there.failure.write_text(json.dumps({"time": 0, "reason": "long ago"}))
    assert there.recent_failure() is None


def test_a_stop_ends_a_build() -> None:
    there = environment_of(EMPTY)
    with pytest.raises(ContainerFailed, match="stopped"):
        Build(there, lambda _: None, stopped=lambda: True).run()
    assert not there.is_built
    assert there.recent_failure() is None


def test_a_missing_python_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    with pytest.raises(Unavailable, match=r"no Python 3\.99 was found"):
        Build(environment_of(replace(EMPTY, python="3.99")), lambda _: None).run()


def test_another_content_is_another_environment() -> None:
    assert environment_of(EMPTY).directory == environment_of(replace(EMPTY, imports=("json",))).directory
    assert environment_of(EMPTY).directory != environment_of(replace(EMPTY, packages=("a==1",))).directory
    assert environment_of(EMPTY).directory != environment_of(replace(EMPTY, python="3.9")).directory


def test_the_servers_own_environment_is_the_images_where_python_and_pins_are_the_same() -> None:
    here = f"pytest=={metadata.version('pytest')}"
    assert own_is_enough(replace(EMPTY, packages=(here,)))
    assert not own_is_enough(replace(EMPTY, packages=("pytest==0.1",)))
    assert not own_is_enough(replace(EMPTY, packages=(here,), python="3.9"))
    assert own_is_enough(replace(EMPTY, also=("pytest>=1",)))
    assert not own_is_enough(replace(EMPTY, also=("nothing-at-all<2",)))
    assert own_is_enough(replace(EMPTY, packages=("pytest==0.1",), python="3.9", satisfied_by=(here,)))


def test_a_python_is_found_and_asked() -> None:
    found = find_python(own_version())
    assert found is not None
    assert found.version.startswith(own_version())
    assert find_python("3.99") is None


def test_a_container_runs_in_the_images_environment_once_it_is_built(own: Path) -> None:
    (own / "empty.toml").write_text(f'repository = "empty"\npython = "{own_version()}"\npackages = ["none==1"]\n')
    image = catalogue.find("empty").image
    there = environment_of(image)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(there.directory)], check=True)
    there.stamp.write_text(json.dumps({"python": "3"}))
    said: list[str] = []
    runtime = runtime_for("empty", said.append)
    assert runtime.environment == there.directory
    assert runtime.python == str(there.python)
    assert runtime.variables["PATH"].startswith(f"{there.directory / 'bin'}:")
    assert said == ["empty runs in its own environment: Python 3, none==1"]


def test_where_it_cannot_be_had_the_log_says_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.SWITCH_VARIABLE, "off")
    said: list[str] = []
    runtime = runtime_for(OLD, said.append)
    assert runtime.python == sys.executable
    (warning,) = said
    assert warning.startswith(f"WARNING: {OLD} runs locally in the server's own environment, not as 1.2-1: ")
    assert f"Python {own_version()} here, 3.9 there" in warning
    assert f"scikit-learn {metadata.version('scikit-learn')} here, 1.2.1 there" in warning


def test_an_image_that_cannot_do_without_a_package_is_not_run_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.SWITCH_VARIABLE, "off")
    monkeypatch.setattr(environment, "missing_here", lambda image: ["xgboost"])
    monkeypatch.setattr("local_sagemaker.containers.images.runtime.missing_here", lambda image: ["xgboost"])
    with pytest.raises(ContainerFailed, match=r"sagemaker-xgboost:3\.0-5 needs xgboost, which .* lacks"):
        runtime_for(XGBOOST, lambda _: None)


def test_an_image_that_nobody_knows_is_not_run() -> None:
    with pytest.raises(ContainerFailed, match="has no image nobody/knows"):
        runtime_for("nobody/knows", lambda _: None)


def test_the_cache_is_the_users_for_all_checkouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(environment.CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.setenv("HOME", "/somewhere")
    there: ImageEnvironment = environment_of(EMPTY)
    assert there.directory.is_relative_to("/somewhere")
    assert "local-sagemaker" in there.directory.parts


def test_what_is_installed_is_compiled_since_no_container_writes_what_it_compiles(tmp_path: Path) -> None:
    there = environment_of(replace(EMPTY, packages=(f"{NAME} @ {write_wheel(tmp_path).as_uri()}",)))
    Build(there, lambda _: None).run()
    assert [path.name.partition(".")[0] for path in there.directory.rglob(f"__pycache__/{NAME}*.pyc")] == [NAME]


def test_what_has_no_wheel_is_installed_from_its_source(tmp_path: Path) -> None:
    project = tmp_path / "plain"
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "plain-words"\nversion = "1"\n')
    (project / "plain_words.py").write_text("WORDS = 2\n")
    image = replace(EMPTY, sources=(f"plain-words @ {project.as_uri()}",), imports=("plain_words",))
    steps = Build(environment_of(image), print)._steps(sys.executable)
    assert [step[-2:] for step in steps[1:]] == [["--no-deps", f"plain-words @ {project.as_uri()}"]]
    assert image.requirements == image.sources
