"""The models that are measured, fitted once for each state of the code: both profiles' by their own training scripts,
and plain scikit-learn's.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.speed.corpora import Corpus, corpus
from benchmarks.speed.environments import WORK
from pipeline import profiles
from pipeline.artefacts import source_code
from pipeline.jobs.staged_parts import staged
from pipeline.profiles import Profile
from preprocessor_container.preprocessor.features.text_parts import stripped_copies
from tests.container_sources import ARROW, CLASSIFIER, PREPROCESSOR, write_channels
from tests.image import build

CONTENDERS = Path(__file__).parent / "contenders"
ROUNDS = Path(__file__).parent / "rounds"


@dataclass(frozen=True, slots=True)
class Pair:
    """The model artefacts of one pipeline, unpacked (`model/`) and packed (`model.tar.gz`)."""

    preprocessor: Path
    classifier: Path

    @property
    def archives(self) -> tuple[Path, Path]:
        return self.preprocessor / "model.tar.gz", self.classifier / "model.tar.gz"


@cache
def ours(name: str) -> Pair:
    """Fit a profile's two models by their own training scripts, in the image's environment."""
    profile = profiles.load(name)
    return _once(f"{name}-{_digest(profile)}", lambda base: _fit(base, profile, corpus(name)))


@cache
def with_pairs() -> Pair:
    """Fit profile `best` with pairs of neighbouring words, which 20 Newsgroups alone would not have it choose."""
    best = profiles.load("best")
    settings = {**best.preprocessor, "pair_weight": 1.0, "keep_stop_words": True, "choose": False}
    profile = best.model_copy(update={"preprocessor": settings})
    return _once(f"pairs-{_digest(profile)}", lambda base: _fit(base, profile, corpus("best")))


@cache
def plain() -> Pair:
    """Fit scikit-learn's own models on the texts of profile `seed`."""
    source = (ROUNDS / "plain_models.py").read_bytes()
    return _once(f"plain-{hashlib.sha256(source).hexdigest()[:12]}", lambda base: _fit_plain(base, corpus("seed")))


def whole_pipeline() -> Path:
    """Fit scikit-learn's `Pipeline` on the texts of profile `seed`."""
    script = ROUNDS / "whole_pipeline.py"
    path = WORK / "models" / f"pipeline-{hashlib.sha256(script.read_bytes()).hexdigest()[:12]}.joblib"
    if not path.exists():
        run([script, texts_file("seed"), path], {})
    return path


def echo() -> Path:
    """Return the artefact that holds nothing but the echo container's code, and our WSGI application to serve it by."""
    archive = WORK / "models" / "echo.tar.gz"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("inference.py", "serving.py"):
            tar.add(CONTENDERS / "echo" / name, f"code/{name}")
        tar.add(PREPROCESSOR / "gunicorn_settings.py", "code/gunicorn_settings.py")
        for path in (PREPROCESSOR / "preprocessor").glob("*.py"):
            tar.add(path, f"code/preprocessor/{path.name}")
        for name in ("__init__", "wsgi", "plain_http", "responses", "refusals"):
            tar.add(PREPROCESSOR / "preprocessor" / "requests" / f"{name}.py", f"code/preprocessor/requests/{name}.py")
    return archive


@cache
def texts_file(profile: str) -> Path:
    """Write a profile's corpus to a file that every contender's environment can read."""
    path = WORK / "models" / f"corpus-{profile}.json"
    data = corpus(profile)
    content = {
        "train": data.train,
        "categories": data.train_categories,
        "test": data.test,
        "stop_words": data.stop_words,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _once(name: str, make: Any) -> Pair:
    base = WORK / "models" / name
    pair = Pair(base / "preprocessor", base / "classifier")
    if not (base / "done").exists():
        print(f"fitting {name} ...", flush=True)
        shutil.rmtree(base, ignore_errors=True)
        make(base)
        for directory, archive in zip((pair.preprocessor, pair.classifier), pair.archives, strict=True):
            with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
                tar.add(directory / "model", ".")
        (base / "done").touch()
    return pair


def _digest(profile: Profile) -> str:
    digest = hashlib.sha256(profile.model_dump_json().encode())
    for folder in (PREPROCESSOR, CLASSIFIER):
        for path in source_code.files(folder):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _fit(base: Path, profile: Profile, data: Corpus) -> None:
    first = write_channels(
        base / "preprocessor",
        train={"train.csv": _table(data)},
        stopwords={"stopwords.txt": "\n".join(data.stop_words)},
    )
    _train(PREPROCESSOR, first, profile.for_preprocessor)
    selection = first / "output" / "data" / "selection.json"
    settings = json.loads(selection.read_bytes())["classifier"] if selection.exists() else profile.classifier
    copied, copies = stripped_copies(data.train) if profile.preprocessor.get("stripped_copies") else ([], [])
    categories = data.train_categories + [data.train_categories[position] for position in copied]
    (base / "texts.csv").write_bytes(staged([*data.train, *copies]))
    second = write_channels(
        base / "classifier",
        features={"part-00000.csv.out": _vectors(first / "model", base / "texts.csv")},
        labels={"part-00000.csv": staged(categories)},
    )
    _train(CLASSIFIER, second, settings)


def _table(data: Corpus) -> str:
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("data", "label_names"), *zip(data.train, data.train_categories, strict=True)])
    return table.getvalue()


def _train(folder: Path, base: Path, settings: Mapping[str, Any]) -> None:
    arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    run([folder / "train.py", *arguments], {"SAGEMAKER_BASE_DIR": str(base)})


def _vectors(model: Path, texts: Path) -> bytes:
    """Let the preprocessor's serving code make the rows, as the batch transform of a training does."""
    script = ROUNDS / "vectors.py"
    return run([script, model, texts, ARROW], {"PYTHONPATH": str(PREPROCESSOR)})


def _fit_plain(base: Path, data: Corpus) -> None:
    texts_file("seed")
    run([ROUNDS / "plain_models.py", WORK / "models" / "corpus-seed.json", base], {})
    for part in ("preprocessor", "classifier"):
        (base / part / "model" / "code").mkdir()
        shutil.copy(CONTENDERS / f"plain_{part}" / "inference.py", base / part / "model" / "code")


def run(command: list[Any], environment: Mapping[str, str]) -> bytes:
    """Run a script in the image's environment and return what it prints.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails; what it said is on standard error already.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SM_", "PYTHON"))}
    python = str(build.python_of_environment())
    done = subprocess.run(
        [python, *map(str, command)],
        env={**clean, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout
