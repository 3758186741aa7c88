"""`make accuracy`: 20 Newsgroups by the default profile, and every derived data set, in every resample, by that and by
scikit-learn's plain models; the figures go to `docs/accuracy.json`, the tables to standard output.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from benchmarks.accuracy import models, posts
from benchmarks.accuracy.derived import DataSet, data_sets, newsgroups
from pipeline.data.stop_words import english
from tests.container_sources import put_on_path

_FIGURES = Path("docs") / "accuracy.json"


def compared(data: DataSet) -> dict[str, Any]:
    """Fit all three models on one resample and compare what they answer."""
    ours = models.pipeline(data.train, data.stop_words)
    right = {
        "pipeline": _right(ours.classify, data),
        "plain": _right(models.plain_bayes(data.train), data),
        "svc": _right(models.linear_svc(data.train), data),
    }
    return {
        "data": data.name,
        "resample": data.resample,
        "train": len(data.train.texts),
        "test": len(data.test.texts),
        "chosen": ours.selection["chosen"],
        "accuracy": {name: float(found.mean()) for name, found in right.items()},
        "p_against_plain": mcnemar(right["pipeline"], right["plain"]),
        "p_against_svc": mcnemar(right["pipeline"], right["svc"]),
    }


def _right(classify: models.Classify, data: DataSet) -> NDArray[Any]:
    return np.array(classify(data.test.texts)) == np.array(data.test.categories)


def mcnemar(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the exact two-sided p of McNemar's test: the records that only one of two models got right, as coin
    tosses.
    """
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    tosses = only_one + only_other
    return float(binomtest(only_one, tosses).pvalue) if tosses else 1.0


def table(rows: list[dict[str, Any]]) -> str:
    """Return means over the resamples as a Markdown table."""
    lines = [
        "| data | train / test | chosen | pipeline | plain | LinearSVC | resamples significantly worse than plain |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(row["data"] for row in rows):
        here = [row for row in rows if row["data"] == name]
        means = {key: np.mean([row["accuracy"][key] for row in here]) for key in ("pipeline", "plain", "svc")}
        worse = sum(
            row["p_against_plain"] <= 0.05 and row["accuracy"]["pipeline"] < row["accuracy"]["plain"] for row in here
        )
        sizes = f"{np.mean([row['train'] for row in here]):,.0f} / {np.mean([row['test'] for row in here]):,.0f}"
        chosen = ", ".join(dict.fromkeys(row["chosen"] for row in here))
        lines.append(
            f"| {name} | {sizes} | {chosen} | **{means['pipeline']:.4f}** | {means['plain']:.4f} | {means['svc']:.4f} "
            f"| {worse} of {len(here)} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Compare on everything."""
    put_on_path()
    stop_words = english().words
    fitted = models.pipeline(newsgroups("train"), stop_words)
    whole = [posts.scored(fitted, form, texts) for form, texts in posts.forms().items()]
    print(json.dumps(fitted.selection, indent=1))
    print(posts.table(whole), flush=True)
    derived = []
    for data in data_sets(stop_words):
        derived.append(compared(data))
        print(json.dumps(derived[-1]), flush=True)
    figures = {"selection": fitted.selection, "posts": whole, "derived": derived}
    _FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(table(derived))


if __name__ == "__main__":
    main()
