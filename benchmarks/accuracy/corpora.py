"""Corpora that are given on the command line: the pipeline beside scikit-learn's plain models on the same words."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import fetch_20newsgroups
from sklearn.model_selection import train_test_split

from benchmarks import markdown
from benchmarks.accuracy import models
from benchmarks.accuracy.derived import Texts
from benchmarks.accuracy.posts import error_of, least_temperature
from pipeline.report.figures.significance import mcnemar

_RIVALS = {
    "plain": models.plain_bayes,
    "LinearSVC": models.linear_svc,
    "logistic regression": models.logistic_regression,
}
_DRAWS = 2000
RANDOM_SPLIT = "20 Newsgroups, all posts split at random"


def read(given: str) -> tuple[str, Texts, Texts]:
    """Read `NAME=train.csv,test.csv`, each with a header line, the text first and the category second."""
    name, equals, paths = given.partition("=")
    train, comma, test = paths.partition(",")
    if not (name and equals and train and comma and test):
        sys.exit(f"--corpus {given}: expected NAME=train.csv,test.csv")
    return name, _texts(Path(train)), _texts(Path(test))


def _texts(path: Path) -> Texts:
    csv.field_size_limit(2**27)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return Texts([row[0] for row in rows], [row[1] for row in rows])


def random_split() -> tuple[str, Texts, Texts]:
    """Return all of 20 Newsgroups, its duplicates and its threads among them, split 60 to 40 without regard to date."""
    bunch = fetch_20newsgroups(subset="all", shuffle=False)
    everything = Texts(bunch.data, [bunch.target_names[label] for label in bunch.target])
    train, test = train_test_split(
        np.arange(len(bunch.data)), test_size=0.4, random_state=0, stratify=everything.categories
    )
    return RANDOM_SPLIT, everything.at(train), everything.at(test)


def compared(name: str, train: Texts, test: Texts, stop_words: Sequence[str]) -> dict[str, Any]:
    """Fit the pipeline and its rivals, and say how right each is, and how probable a difference by chance."""
    truth = np.array(test.categories)
    ours = models.pipeline(train, stop_words)
    right: dict[str, NDArray[np.bool_]] = {"pipeline": np.array(ours.classify(test.texts)) == truth}
    for rival, fit in _RIVALS.items():
        right[rival] = np.array(fit(train)(test.texts)) == truth
    return {
        "name": name,
        "train": len(train.texts),
        "test": len(test.texts),
        "features": ours.n_features,
        "chosen": ours.selection["chosen"],
        "passes": ours.selection["classifier"]["passes"],
        "accuracy": {model: float(found.mean()) for model, found in right.items()},
        "calibration": calibration(ours, test, right["pipeline"]),
        "p": {model: mcnemar(right["pipeline"], right[model]).exact for model in _RIVALS},
    }


def calibration(ours: models.Pipeline, test: Texts, right: NDArray[np.bool_]) -> dict[str, float]:
    """Return the calibration error of the pipeline's answers; what chance alone would give where every probability is
    right (the 95th percentile); and what the best single temperature *chosen on these very answers* would give.
    """
    from preprocessor_container.preprocessor.selection.calibration import calibration_error

    confidence, scores = ours.probabilities(test.texts).max(axis=1), ours.scores(test.texts)
    chance = np.random.default_rng(0)
    by_chance = [calibration_error(confidence, chance.random(len(confidence)) < confidence) for _ in range(_DRAWS)]
    return {
        "error": calibration_error(confidence, right),
        "by_chance": float(np.percentile(by_chance, 95)),
        "least_on_test": error_of(scores, right, least_temperature(scores, right)),
    }


def calibration_table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the calibration errors as a Markdown table."""
    found = [(row["name"], row["calibration"]) for row in rows]
    return markdown.table(
        ["data", "calibration error", "95th percentile by chance alone", "least by one temperature"],
        (
            [name, f"**{of['error']:.4f}**", f"{of['by_chance']:.4f}", f"{of['least_on_test']:.4f}"]
            for name, of in found
        ),
    )


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the figures as a Markdown table; p by McNemar's exact test stands behind each rival's accuracy."""
    return markdown.table(
        ["data", "train / test", "chosen", "pipeline", *_RIVALS],
        (
            [
                row["name"],
                f"{row['train']:,} / {row['test']:,}",
                f"{row['chosen']}, {row['passes']} passes",
                f"**{row['accuracy']['pipeline']:.4f}**",
                *(f"{row['accuracy'][model]:.4f} (p {row['p'][model]:.2g})" for model in _RIVALS),
            ]
            for row in rows
        ),
    )
