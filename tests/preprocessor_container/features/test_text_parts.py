"""Header block, subject, and the bare copies that training makes."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessor_container.preprocessor.features.text_parts import bare, header_end, stripped_copies, subject_of

_CACHED = Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser() / "20news-bydate_py3.pkz"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Subject: brakes\n\nThey squeak.", " brakes"),
        ("From: a@b\nsubject:Re: RE:  brakes\n of steel\nLines: 2\n\nSubject: no", "  brakes\n of steel"),
        ("Subject: brakes", " brakes"),
        (" lost.beginning.of!a!path\nSubject: brakes\n\n", " brakes"),
        ("Subject: Regarding brakes\n\n", " Regarding brakes"),
        ("Subject: Hardware: re: brakes\n\n", " Hardware: re: brakes"),
        ("Subject:\n\nThey squeak.", ""),
        ("From: a@b\n\nSubject: in the body", None),
        ("They squeak.\nSubject: brakes\n\n", None),
        ("", None),
    ],
)
def test_subject_is_the_field_of_the_header_block(text: str, subject: str | None) -> None:
    assert subject_of(text) == subject


def test_a_text_that_begins_without_a_field_has_no_header_block() -> None:
    assert header_end("Dear all,\nName: value\n\nBody") == 0
    assert header_end(" an indented line\n\nBody") == 0
    assert header_end("Name: value\nno field\n\nBody") == 0
    assert "Name: value\nOther: x\n\nBody"[header_end("Name: value\nOther: x\n\nBody") :] == "Body"


@given(st.text(alphabet="aS:>| -\n\u00e9"))
def test_any_text_has_a_bare_copy_and_a_header_within_it(text: str) -> None:
    assert 0 <= header_end(text) <= len(text)
    assert len(bare(text)) <= len(text)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Subject:" + " " * 1_000_000 + "brakes\n\n", " " * 1_000_000 + "brakes"),
        ("Subject:" + "\n " * 500_000 + "Re: brakes\n\n", " brakes"),
        ("Name: value\n" * 200_000 + "Subject: brakes\n\n", " brakes"),
        ("Name: value\n" * 200_000 + "no field", None),
        (" lost\n" * 400_000 + "Subject: brakes", " brakes"),
        ("Subject:" + "Re: " * 500_000 + "brakes\n\n", " brakes"),
    ],
    ids=["blanks", "folds", "fields", "no block", "lost beginning", "replies"],
)
def test_a_long_header_block_takes_neither_time_nor_memory_beyond_its_length(text: str, subject: str | None) -> None:
    tracemalloc.start()
    try:
        assert subject_of(text) == subject
        assert tracemalloc.get_traced_memory()[1] < 3 * len(text)
    finally:
        tracemalloc.stop()


def test_copies_that_say_nothing_new_are_left_out() -> None:
    texts = ["plain words", "Subject: x\n\nbody", "Subject: only", "> quoted\nanswer\n--\nname"]
    assert stripped_copies(texts) == ([1, 3], ["body", "answer"])


@pytest.mark.newsgroups
@pytest.mark.skipif(not _CACHED.exists(), reason=f"20 Newsgroups is not there: {_CACHED}")
def test_bare_texts_are_scikit_learns_on_every_post() -> None:
    from sklearn.datasets import fetch_20newsgroups

    posts = fetch_20newsgroups(subset="all", shuffle=False, download_if_missing=False).data
    expected = fetch_20newsgroups(
        subset="all", shuffle=False, download_if_missing=False, remove=("headers", "footers", "quotes")
    ).data
    assert [bare(post) for post in posts] == expected
