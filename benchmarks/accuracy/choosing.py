"""How long choosing takes: on 20 Newsgroups, and on many short texts beside one fit of scikit-learn's plain models."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import markdown
from benchmarks.accuracy import models
from benchmarks.accuracy.derived import Texts, newsgroups
from benchmarks.scale.posts import make_posts

_SHORT_TEXTS, _WORDS = 230_000, 8
_CHOSEN = re.compile(r"^chosen from (\d+) in ([\d.]+) s", re.MULTILINE)


def measured(stop_words: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a row for each: seconds of choosing as the training job says them, and of a plain fit before and after."""
    short = make_posts(_SHORT_TEXTS, seed=0, shard=0, words=_WORDS)
    for name, train in (
        ("20 Newsgroups", newsgroups("train")),
        (f"generated posts, half of {_WORDS} words or fewer", Texts(short.texts, short.topics)),
    ):
        before = _plain_seconds(train)
        with tempfile.TemporaryDirectory() as directory:
            said = models.train_preprocessor(Path(directory), train, stop_words)
        after = _plain_seconds(train)
        n_candidates, seconds = _CHOSEN.findall(said)[0]
        yield {
            "data": name,
            "records": len(train.texts),
            "candidates": int(n_candidates),
            "seconds": float(seconds),
            "plain_seconds": (before + after) / 2,
        }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    return markdown.table(
        ["data", "texts", "candidates", "choosing, s", "one plain fit, s", "×"],
        (
            [
                row["data"],
                f"{row['records']:,}",
                str(row["candidates"]),
                f"{row['seconds']:.1f}",
                f"{row['plain_seconds']:.1f}",
                f"{row['seconds'] / row['plain_seconds']:.2f}",
            ]
            for row in rows
        ),
    )


def _plain_seconds(train: Texts) -> float:
    began = time.perf_counter()
    models.plain_bayes(train)
    return time.perf_counter() - began
