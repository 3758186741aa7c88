"""Terms are found by hashes as a dictionary finds them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessor_container.preprocessor.features import term_index, token_hashes, tokens
from preprocessor_container.preprocessor.features.distinct_tokens import number_tokens
from preprocessor_container.preprocessor.features.term_index import HashTable, Vocabulary, hash_terms
from preprocessor_container.preprocessor.features.token_hashes import token_runs
from preprocessor_container.preprocessor.features.tokens import TokenKind, spacer

WORDS = st.text(alphabet="ab01_\u00e9", min_size=1, max_size=40).map(str.encode)
LETTERS = spacer(TokenKind.LETTERS)
TEXTS = st.lists(st.text(alphabet="abc .\u212a", max_size=60), max_size=12)


@given(st.lists(WORDS, unique=True, min_size=1), st.lists(WORDS))
def test_each_term_is_found_and_nothing_else(terms: list[bytes], others: list[bytes]) -> None:
    vocabulary = Vocabulary.of(terms)
    asked = [*terms, *others]
    expected = {term: column for column, term in enumerate(terms)}
    assert vocabulary.table.find(hash_terms(asked)).tolist() == [expected.get(term, len(terms)) for term in asked]
    assert dict(vocabulary) == expected


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, min_size=1), st.lists(st.integers(0, 2**64 - 1)))
def test_any_hashes_are_found_those_of_one_bucket_too(hashes: list[int], others: list[int]) -> None:
    crowded = sorted({*hashes, *(hash_ & 0xFF for hash_ in hashes)})
    table = HashTable.of(np.array(crowded, np.uint64))
    table.check()
    asked = [*crowded, *others, 0, 2**64 - 1]
    expected = [crowded.index(hash_) if hash_ in crowded else len(crowded) for hash_ in asked]
    assert table.find(np.array(asked, np.uint64)).tolist() == expected
    for most_places in (0, 2**14):  # by `find`, and looked for in one go
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(term_index, "_MOST_PLACES", most_places)
            columns = table.find_few(np.array(asked, np.uint64)).tolist()
        assert columns[-1] == len(crowded)
        assert sorted(column for column in columns if column < len(crowded)) == sorted(
            column for column in expected if column < len(crowded)
        )


@given(TEXTS, st.integers(1, 50))
def test_every_token_is_numbered_once_wherever_runs_are_cut(texts: list[str], run_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_hashes, "RUN_BYTES", run_bytes)
        patch.setattr(tokens, "_PIECE", run_bytes)
        found = number_tokens(texts, LETTERS)
    expected = [(word, place) for place, text in enumerate(texts) for word in re.findall("[a-z]+", text.lower())]
    assert [
        (found.distinct[number].decode(), text) for number, text in zip(found.numbers, found.texts, strict=True)
    ] == expected
    assert len(set(found.distinct)) == len(found.distinct)


@pytest.mark.parametrize("size", [7, 8, 9, 16, 17, 255, 256, 257, 100_000])
def test_long_tokens_that_differ_anywhere_have_other_hashes(size: int) -> None:
    words = [b"a" * size, b"a" * (size - 1) + b"b", b"b" + b"a" * (size - 1), b"a" * (size + 1)]
    assert len({int(hash_) for hash_ in hash_terms(words)}) == 4


def test_a_token_has_the_same_hash_wherever_it_stands() -> None:
    words = "elm supercalifragilistic " + "z" * 300
    (run,) = token_runs([words, "x " + words], LETTERS)
    assert run.hashes[:3].tolist() == run.hashes[4:].tolist()


@pytest.mark.parametrize(
    "damage",
    [
        lambda table: replace(table, hashes=table.hashes[:-1]),
        lambda table: replace(table, hashes=table.hashes.astype(np.int64)),
        lambda table: replace(table, columns=table.columns + np.int32(1)),
        lambda table: replace(table, buckets=table.buckets[:-1]),
        lambda table: replace(table, buckets=table.buckets + np.int32(9)),
        lambda table: replace(table, n_terms=99),
    ],
)
def test_table_that_does_not_fit_together_is_refused(damage: Callable[[HashTable], HashTable]) -> None:
    table = Vocabulary.of([b"oak", b"elm", b"ash"]).table
    table.check()
    with pytest.raises(ValueError, match="hash table"):
        damage(table).check()
