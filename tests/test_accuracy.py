"""Profile `best`: how right it is on 20 Newsgroups, and on data that is not like it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import models
from benchmarks.accuracy.derived import CYRILLIC, GREEK, Texts, letters, newsgroups
from pipeline.data import sample
from tests.test_reference_figures import english_stop_words

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

_CACHED = Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser() / "20news-bydate_py3.pkz"


def accuracy(classify: models.Classify, texts: Texts) -> float:
    return float(np.mean(np.array(classify(texts.texts)) == np.array(texts.categories)))


@pytest.mark.newsgroups
@pytest.mark.skipif(not _CACHED.exists(), reason=f"20 Newsgroups is not there: {_CACHED}")
def test_best_profile_is_right_on_whole_posts_and_on_what_is_left_of_them() -> None:
    fitted = models.pipeline(newsgroups("train"), english_stop_words())
    test = newsgroups("test")
    assert accuracy(fitted.classify, test) >= 0.891
    assert accuracy(fitted.classify, newsgroups("test", remove=("headers", "footers", "quotes"))) >= 0.733
    assert accuracy(fitted.classify, test.changed(lambda text: "\n".join(text.split("\n")[5:]))) >= 0.846
    assert fitted.n_features <= 200_000
    assert fitted.weights_bytes <= 16 * 2**20


@pytest.fixture(scope="module")
def splits() -> tuple[Texts, Texts]:
    """The sample corpus."""
    corpus = sample.load()
    train, test = (
        Texts([record.text for record in part], [record.category for record in part])
        for part in (corpus.train, corpus.test)
    )
    return train, test


@pytest.fixture(scope="module")
def fitted(splits: tuple[Texts, Texts]) -> models.Pipeline:
    return models.pipeline(splits[0], ["the", "and", "of"])


def test_on_short_posts_of_another_corpus_it_is_no_worse_than_plain_scikit_learn(
    splits: tuple[Texts, Texts], fitted: models.Pipeline
) -> None:
    train, test = splits
    assert accuracy(fitted.classify, test) >= accuracy(models.plain_bayes(train), test)


@pytest.mark.parametrize("table", [CYRILLIC, GREEK], ids=["Cyrillic", "Greek"])
def test_in_other_letters_the_categories_are_the_same(
    table: dict[int, int], splits: tuple[Texts, Texts], fitted: models.Pipeline
) -> None:
    train, test = splits
    words = [word.translate(table) for word in ("the", "and", "of")]
    other = models.pipeline(letters(train, table), words)
    assert other.selection["chosen"] == fitted.selection["chosen"]
    assert other.classify(letters(test, table).texts) == fitted.classify(test.texts)


@pytest.mark.parametrize("n_categories", [2, 500])
def test_few_categories_and_many_are_told_apart(n_categories: int) -> None:
    chance = np.random.default_rng(6)
    categories = [f"category {number % n_categories}" for number in range(max(60, 4 * n_categories))]
    texts = [f"{name.replace(' ', '')} {' '.join(f'w{n}' for n in chance.integers(0, 200, 5))}" for name in categories]
    fitted = models.pipeline(Texts(texts, categories), ["the"])
    assert accuracy(fitted.classify, Texts(texts[::-1], categories[::-1])) > 0.98
    assert len(fitted.categories) == n_categories
