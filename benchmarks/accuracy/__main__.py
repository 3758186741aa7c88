"""`make accuracy`: 20 Newsgroups through the running containers, what each part of the default profile is worth on the
train split, how long choosing takes, every derived data set, in every resample, by it and by scikit-learn's plain
models, and 20 Newsgroups split at random. The figures go to `docs/accuracy.json`, the page to `docs/accuracy.md`; each
part says when it was measured.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import markdown
from benchmarks.accuracy import choices, choosing, containers, corpora, models, posts
from benchmarks.accuracy.derived import LATIN_LETTERS, OTHER_LETTERS, DataSet, data_sets, newsgroups
from pipeline.data.stop_words import english
from pipeline.profiles import DEFAULT
from pipeline.report.figures.significance import mcnemar

_FIGURES = Path("docs") / "accuracy.json"
_PAGE = Path("docs") / "accuracy.md"
_TEMPLATE = Path(__file__).parent / "page.md"


def on_derived(stop_words: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the figures of each derived data set and resample; those in other letters say, too, how many of their
    answers equal those of the same resample in Latin ones.
    """
    latin: dict[int, list[str]] = {}
    for data in data_sets(stop_words):
        ours = models.pipeline(data.train, data.stop_words)
        answers = ours.classify(data.test.texts)
        figures = compared(data, ours, answers)
        if data.name == LATIN_LETTERS:
            latin[data.resample] = answers
        elif data.name in OTHER_LETTERS:
            figures["equal_to_latin"] = float(np.mean(np.array(answers) == np.array(latin[data.resample])))
        yield figures


def compared(data: DataSet, ours: models.Pipeline, answers: Sequence[str]) -> dict[str, Any]:
    """Fit scikit-learn's models on one resample too, and compare what all three answer."""
    right = {
        "pipeline": np.array(answers) == np.array(data.test.categories),
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
        "p_against_plain": mcnemar(right["pipeline"], right["plain"]).exact,
        "p_against_svc": mcnemar(right["pipeline"], right["svc"]).exact,
    }


def _right(classify: models.Classify, data: DataSet) -> NDArray[Any]:
    return np.array(classify(data.test.texts)) == np.array(data.test.categories)


def table(rows: list[dict[str, Any]]) -> str:
    """Return means over the resamples as a Markdown table."""
    lines = []
    for name in dict.fromkeys(row["data"] for row in rows):
        here = [row for row in rows if row["data"] == name]
        means = {key: np.mean([row["accuracy"][key] for row in here]) for key in ("pipeline", "plain", "svc")}
        worse = sum(row["p_against_plain"] <= 0.05 and _is_worse(row) for row in here)
        sizes = f"{np.mean([row['train'] for row in here]):,.0f} / {np.mean([row['test'] for row in here]):,.0f}"
        chosen = ", ".join(dict.fromkeys(row["chosen"] for row in here))
        accuracies = f"**{means['pipeline']:.4f}**", f"{means['plain']:.4f}", f"{means['svc']:.4f}"
        lines.append([name, sizes, chosen, *accuracies, f"{worse} of {len(here)}"])
    columns = ["data", "train / test", "chosen", "pipeline", "plain", "LinearSVC"]
    return markdown.table([*columns, "resamples significantly worse than plain"], lines)


def on_newsgroups(stop_words: list[str]) -> dict[str, Any]:
    """Ask the running containers: profile `seed` for the reference figures, `best` for each form of the posts."""
    fitted = models.pipeline(newsgroups("train"), stop_words)
    with containers.torn_down():
        seed = containers.evaluated("seed")
        best = containers.evaluated(DEFAULT)
        rows = [
            posts.scored(fitted, containers.asked(texts.texts), form, texts) for form, texts in posts.forms().items()
        ]
    assert rows[0]["accuracy"] == best["accuracy"], "the endpoint and the batch transform answer alike"
    return {
        "seed": {name: seed[name] for name in ("accuracy", "macro_f1", "vocabulary", "nonzeros")},
        "posts": rows,
        "features": fitted.n_features,
        "weights_bytes": fitted.weights_bytes,
        "selection": fitted.selection,
    }


def page(figures: dict[str, Any]) -> str:
    """Return `docs/accuracy.md`."""
    found, measured = figures["newsgroups"], figures["measured"]
    seed, selection = found["seed"], found["selection"]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        posts=posts.table(found["posts"]),
        **{f"{part}_measured": measured[part] for part in _PARTS},
        choices=choices.table(figures["choices"]),
        candidates="\n".join(
            f"| {item['name']} | {item['records']:,} | {item['accuracy']:.4f} |" for item in selection["candidates"]
        ),
        choosing=choosing.table(figures["choosing"]),
        derived=table(figures["derived"]),
        corpora=corpora.table(figures["corpora"]),
        calibration=corpora.calibration_table(figures["corpora"]),
        seed_accuracy=seed["accuracy"],
        seed_macro_f1=seed["macro_f1"],
        seed_vocabulary=f"{seed['vocabulary']:,}",
        seed_nonzeros=f"{seed['nonzeros']:,}",
        features=f"{found['features']:,}",
        weights=f"{found['weights_bytes'] / 2**20:.1f}",
        temperature=f"{selection['classifier']['temperature']:.3f}",
        error_before=f"{selection['calibration']['error_before']:.4f}",
        error_after=f"{selection['calibration']['error_after']:.4f}",
        lost=sum(row["p_against_plain"] <= 0.05 and _is_worse(row) for row in figures["derived"]),
        compared=len(figures["derived"]),
        equal_to_latin=f"{min(row['equal_to_latin'] for row in figures['derived'] if 'equal_to_latin' in row):.2%}",
    )


def _is_worse(row: dict[str, Any]) -> bool:
    return bool(row["accuracy"]["pipeline"] < row["accuracy"]["plain"])


def on_corpora(
    given: Sequence[str], stop_words: Sequence[str], before: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Measure the corpora that are given, or else 20 Newsgroups split at random; others keep the figures they have."""
    rows = {row["name"]: row for row in before}
    for corpus in map(corpora.read, given) if given else [corpora.random_split()]:
        found = corpora.compared(*corpus, stop_words)
        rows[found["name"]] = found | {"measured": _today()}
        print(json.dumps(found), flush=True)
    return list(rows.values())


def on_choices(stop_words: list[str]) -> Iterator[dict[str, Any]]:
    """Yield what each part of the default profile is worth on the train split."""
    return (choices.tried(newsgroups("train"), stop_words, choice) for choice in choices.choices())


def printed(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows, each of them printed when it is there."""
    found = []
    for row in rows:
        found.append(row)
        print(json.dumps(row), flush=True)
    return found


_PARTS: dict[str, Callable[[list[str]], Any]] = {
    "newsgroups": on_newsgroups,
    "choices": lambda stop_words: printed(on_choices(stop_words)),
    "choosing": lambda stop_words: printed(choosing.measured(stop_words)),
    "derived": lambda stop_words: printed(on_derived(stop_words)),
}


def main() -> None:
    """Measure what is asked for; all else stays as it was measured before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--corpus", action="append", default=[], metavar="NAME=TRAIN.csv,TEST.csv")
    parser.add_argument("--only", choices=[*_PARTS, "corpora"], help="one part; with --corpus it is corpora")
    asked = parser.parse_args()
    only = "corpora" if asked.corpus else asked.only
    stop_words = english().words
    figures = json.loads(_FIGURES.read_bytes())
    for part in [only] if only else [*_PARTS, "corpora"]:
        if part == "corpora":
            figures[part] = on_corpora(asked.corpus, stop_words, figures[part])
        else:
            figures[part] = _PARTS[part](stop_words)
            figures["measured"][part] = _today()
        _write(figures)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _write(figures: dict[str, Any]) -> None:
    _FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    _PAGE.write_text(page(figures), encoding="utf-8")
    print(f"{_PAGE}: written", flush=True)


if __name__ == "__main__":
    main()
