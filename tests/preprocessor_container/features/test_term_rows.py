"""Counting and weighting in plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessor_container.preprocessor.features import term_rows
from preprocessor_container.preprocessor.features.term_index import Vocabulary
from preprocessor_container.preprocessor.features.term_rows import (
    FittedTerms,
    Recipe,
    TermRows,
    batches,
    count_terms,
    count_terms_of_one,
    weigh,
    weigh_one,
)
from preprocessor_container.preprocessor.features.tokens import TokenKind


def counted(texts: list[list[bytes]], vocabulary: dict[bytes, int]) -> TermRows:
    columns = [vocabulary.get(token, len(vocabulary)) for text in texts for token in text]
    numbers = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    return count_terms(np.array(columns, np.int32), numbers, len(texts), len(vocabulary))


def test_terms_are_counted_per_text_in_ascending_order() -> None:
    rows = counted([[b"b", b"a", b"b"], [b"c"]], {b"a": 0, b"b": 1, b"c": 2})
    assert rows.indptr.tolist() == [0, 2, 3]
    assert rows.indices.tolist() == [0, 1, 2]
    assert rows.values.tolist() == [1, 2, 1]


def test_unknown_tokens_are_passed_over_and_empty_rows_stay() -> None:
    rows = counted([[b"x"], [], [b"a", b"x"]], {b"a": 0})
    assert rows.indptr.tolist() == [0, 0, 0, 1]
    assert rows.n_rows == 3


def test_types_are_those_of_the_wire() -> None:
    rows = counted([[b"a"]], {b"a": 0})
    assert [part.dtype.name for part in (rows.indptr, rows.indices, rows.values)] == ["int32", "int32", "float32"]


def test_batches_hold_all_texts_in_order_and_about_a_megabyte() -> None:
    texts = ["x" * size for size in (500_000, 500_000, 100_000, 2**21, 0, 5)]
    cut = list(batches(texts))
    assert [text for batch in cut for text in batch] == texts
    assert [len(batch) for batch in cut] == [2, 1, 1, 2]


def test_batches_of_empty_texts_are_bounded_too() -> None:
    cut = list(batches([""] * 30_000))
    assert sum(map(len, cut)) == 30_000
    assert max(map(len, cut)) < 11_000


def test_rows_do_not_depend_on_how_texts_are_batched(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = FittedTerms(Recipe(TokenKind.LETTERS), Vocabulary.of([b"oak", b"elm"]), np.array([1.5, 2], np.float32))
    texts = ["oak elm oak", "", "elm", "ash", "Oak!"] * 3
    (whole,) = terms.rows(texts)
    monkeypatch.setattr(term_rows, "_BATCH_CHARACTERS", 8)
    parts = list(terms.rows(texts))
    assert len(parts) > 3
    assert np.array_equal(np.concatenate([part.values for part in parts]), whole.values)
    assert np.array_equal(np.concatenate([part.indices for part in parts]), whole.indices)


@given(st.lists(st.integers(0, 5), max_size=30), st.booleans())
def test_one_text_is_counted_and_weighed_as_many_are(columns: list[int], log_counts: bool) -> None:
    tokens, weights = np.array(columns, np.int32), np.array([0.3, 0, 1.7, 2.9, 11.1], np.float32)
    expected = weigh(count_terms(tokens, np.zeros(len(tokens), np.intp), 1, 5), weights, log_counts)
    row = weigh_one(count_terms_of_one(np.append(tokens, np.int32(5)), 5), weights, log_counts)
    for part in ("indptr", "indices", "values"):
        assert np.array_equal(getattr(row, part), getattr(expected, part))
        assert getattr(row, part).dtype == getattr(expected, part).dtype


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_text_gives_the_same_row_alone_and_among_others(size: int) -> None:
    terms = FittedTerms(Recipe(TokenKind.LETTERS), Vocabulary.of([b"oak", b"elm"]), np.array([1.5, 2], np.float32))
    text = "oak elm ash oak " * size
    (alone,) = terms.rows([text])
    found = list(terms.rows(["elm", text]))
    assert alone.indices.tolist() == [0, 1]
    assert np.array_equal(np.concatenate([rows.values for rows in found])[1:], alone.values)
