"""Generated posts: their laws, and that a seed gives the same files whoever makes them."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from benchmarks.scale import comparing
from benchmarks.scale.generating import generate
from benchmarks.scale.page import engines, page
from benchmarks.scale.posts import N_TOPICS, Posts, make_posts
from benchmarks.scale.verdicts import PLAIN, SPARK
from benchmarks.scale.word_law import different_words_among, draw_ranks, word

OF_20_NEWSGROUPS = {100_000: 12_474, 300_000: 24_944, 1_000_000: 49_089}
"""Different words among so many tokens `[a-z]{2,}` of its train split, in a random order of the posts."""


@pytest.fixture(scope="module")
def posts() -> Posts:
    return make_posts(4_000, seed=0, shard=0)


def test_the_vocabulary_grows_as_in_20_newsgroups(posts: Posts) -> None:
    words = [found for text in posts.texts for found in text.split()]
    for n_words, n_different in OF_20_NEWSGROUPS.items():
        assert len(set(words[:n_words])) == pytest.approx(n_different, rel=0.1)


def test_the_growth_that_is_foretold_is_that_of_what_is_drawn() -> None:
    drawn = draw_ranks(1_000_000, np.random.default_rng(0))
    assert different_words_among(1_000_000) == pytest.approx(len(np.unique(drawn)), rel=0.02)


def test_a_post_has_as_many_words_and_different_words_as_there(posts: Posts) -> None:
    lengths = [len(text.split()) for text in posts.texts]
    different = [len(set(text.split())) for text in posts.texts]
    assert np.median(lengths) == pytest.approx(171, rel=0.1)
    assert np.mean(lengths) == pytest.approx(284, rel=0.1)
    assert np.mean(different) == pytest.approx(148, rel=0.1)


def test_frequent_words_fall_off_by_zipfs_law() -> None:
    ranks = draw_ranks(3_000_000, np.random.default_rng(0))
    at_10, at_100, at_1000 = (np.count_nonzero(ranks == rank) for rank in (10, 100, 1000))
    assert 7 < at_10 / at_100 < 12
    assert 7 < at_100 / at_1000 < 12


def test_no_two_ranks_have_the_same_word() -> None:
    words = [word(rank) for rank in range(1, 400_000)]
    assert len(set(words)) == len(words)
    assert (len(word(1)), len(word(100_000))) == (2, 6)


def test_topics_can_be_told_apart(posts: Posts) -> None:
    assert len(set(posts.topics)) == N_TOPICS
    of_first_topic = {word(rank) for rank in range(100, 2_000, N_TOPICS)}
    first, second = (_share(posts, topic, of_first_topic) for topic in ("topic-00", "topic-01"))
    assert first > 3 * second


def _share(posts: Posts, topic: str, words: set[str]) -> float:
    texts = [text for text, found in zip(posts.texts, posts.topics, strict=True) if found == topic]
    all_words = " ".join(texts).split()
    return sum(found in words for found in all_words) / len(all_words)


def test_the_same_seed_gives_the_same_records_in_each_format_and_a_larger_number_adds_to_them(tmp_path: Path) -> None:
    (small,) = generate(tmp_path / "small", 30, 7, "csv")
    (packed,) = generate(tmp_path / "packed", 30, 7, "csv.gz")
    (table,) = generate(tmp_path / "table", 30, 7, "parquet")
    rows = [tuple(row) for row in csv.reader(io.StringIO(small.read_text(encoding="utf-8"), newline=""))]
    assert rows[0] == ("text", "category")
    assert len(rows) == 31
    assert gzip.decompress(packed.read_bytes()) == small.read_bytes()
    columns = parquet.read_table(table).to_pydict()
    assert list(zip(columns["text"], columns["category"], strict=True)) == rows[1:]
    other = generate(tmp_path / "other", 30, 8, "csv")[0]
    assert other.read_bytes() != small.read_bytes()


def test_more_records_add_to_those_that_are_there_on_however_many_cores(tmp_path: Path) -> None:
    (first,) = generate(tmp_path / "few", 20, 7, "csv", shard=20)
    more = generate(tmp_path / "many", 45, 7, "csv", shard=20)
    assert [path.name for path in more] == ["part-00000.csv", "part-00001.csv", "part-00002.csv"]
    assert more[0].read_bytes() == first.read_bytes()
    assert len({path.read_bytes() for path in more}) == 3


def _row(what: str, records: int, seconds: float, megabytes: float, step: str = "preprocessor") -> dict[str, Any]:
    return {
        "what": what,
        "records": records,
        "seconds": {step: seconds},
        "peaks": {step: {"server": megabytes * 1e6}},
        "facts": {"vocabulary": 1_000},
        "measured": "2026-11-27",
    }


REACHED = ("reached", "**not reached**")


def _judged(page_text: str) -> dict[str, tuple[str, str]]:
    """Return the number that was found and the judgement of each thing that must be reached."""
    rows = (tuple(cell.strip() for cell in line.strip("|").split("|")) for line in page_text.splitlines())
    return {row[0]: (row[2].split()[0], row[3]) for row in rows if row[-1] in REACHED}


def test_the_page_judges_growth_by_the_sizes_that_were_measured() -> None:
    training = [_row(PLAIN, 10_000, 10, 100), _row(PLAIN, 100_000, 105, 150), _row(PLAIN, 1_000_000, 1_200, 160)]
    training.append(_row(PLAIN, 900_000, 1_100, 40))  # too near to the largest to tell how memory grows
    training.append(_row(SPARK, 1_000_000, 3_600, 100))
    batch = [_row("batch-transform", 10, 1, 50, "batch-transform")]
    text = page({"machine": "a machine", "cores": 2, "training": training, "batch": batch})
    sizes = "1,000,000 records against"
    assert _judged(text) == {
        f"{PLAIN}: time per record, {sizes} 10,000": ("1.2", "**not reached**"),
        f"{PLAIN}: most memory of server in preprocessor, {sizes} 100,000": ("1.07", "reached"),
        "1,000,000 posts, files to both artefacts": ("1,200", "**not reached**"),
        "the same, all processes together, at most": ("0.16", "reached"),
        "Spark on this machine against the plain engine, 1,000,000 records": ("3", "**not reached**"),
    }
    assert "| preprocessor | 417 | 667 |" in text, "a billion at 417 a second and core are 667 core hours"


def test_the_page_says_how_the_models_of_the_engines_differ() -> None:
    found = comparing.Difference(True, True, False, 3.2e-14, 0, 2, 1, 4, 7_532)
    row = {"dataset": "posts", "profile": "best", "engine": "Spark", "measured": "2026-11-27", **found.as_dict()}
    assert engines([row]).splitlines()[-1] == (
        "| posts, `best` | Spark | the same | the same | **others** | 3e-14 | 0 ulp | 2 ulp (1 by more than one) | "
        "4 of 7,532 | 2026-11-27 |"
    )


def test_what_is_off_is_counted_in_last_places_and_by_its_own_size() -> None:
    ones = np.ones(3, np.float32)
    off = np.nextafter(np.nextafter(ones, np.float32(2)), np.float32(2))
    assert comparing.ulp(ones, np.array([1, 1, off[2]], np.float32)).tolist() == [0, 0, 2]
    assert comparing.relative(np.array([0.0, 2.0, -8.0]), np.array([0.0, 2.0, -10.0])) == pytest.approx(0.2)
