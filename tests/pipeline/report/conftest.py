"""One small analysis that the report's tests share: four categories, of which the last has no test records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.report.figures.analysis import Analysis, Facts, Source, analyse
from tests.pipeline.report.fitting import STOP_WORDS, Fitted, fit, predictions, split, topics

FACTS = Facts("20260101-000000-abcd", "four topics", "seed", False, "endpoint", "local", "2026-01-01 00:00 UTC")


@contextmanager
def silently(_: str) -> Iterator[None]:
    yield


ODD_NAME = "R&D <b>$1/$2</b>"
"""Of a category: what HTML, formulas and file names would each make something else of."""


def renamed(categories: list[str]) -> list[str]:
    return [ODD_NAME if name == "category 002" else name for name in categories]


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    texts, categories = topics(4, 30)
    return fit(tmp_path_factory.mktemp("four"), texts, renamed(categories), temperature=0.8)


@pytest.fixture(scope="session")
def source(fitted: Fitted) -> Source:
    """What the analysis is made of: the train split, and a test split without the last category."""
    texts, categories = topics(4, 30)
    test_texts, test_categories = topics(3, 25, seed=2)
    return Source(
        model=fitted.model,
        train=split(fitted.model, texts, renamed(categories)),
        test=split(fitted.model, test_texts, renamed(test_categories)),
        stop_words=STOP_WORDS,
        answers=predictions(fitted.model, test_texts),
        alpha=0.01,
    )


@pytest.fixture(scope="session")
def analysis(source: Source) -> Analysis:
    return analyse(FACTS, source, silently)
