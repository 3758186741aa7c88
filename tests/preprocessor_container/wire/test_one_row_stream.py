"""Streams of one row are, byte for byte, what pyarrow writes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessor_container.preprocessor.features.term_rows import TermRows
from preprocessor_container.preprocessor.wire.arrow_stream import Wire, write_stream
from preprocessor_container.preprocessor.wire.one_row_stream import MAX_TERMS

WIRE = Wire(2**31 - 1, "f" * 64)
BITS = st.integers(-(2**31), 2**31 - 1)


def one_row(indices: list[int], bits: list[int]) -> TermRows:
    values = np.array(bits, np.int32).view(np.float32)
    return TermRows(np.array([0, len(indices)], np.int32), np.array(indices, np.int32), values, 2**31 - 1)


@given(st.lists(st.tuples(BITS, BITS), max_size=40))
def test_any_row_is_written_as_pyarrow_writes_it(numbers: list[tuple[int, int]]) -> None:
    row = one_row([index for index, _ in numbers], [bits for _, bits in numbers])
    for _ in range(2):  # the first row of a length shows how those of that length are written
        assert WIRE.encode([row]) == write_stream([row], WIRE.schema)


@pytest.mark.parametrize("n_terms", [0, 1, 2, MAX_TERMS, MAX_TERMS + 1, 5000])
def test_rows_of_every_length_are_written_as_pyarrow_writes_them(n_terms: int) -> None:
    for start in (0, 7):
        row = one_row(list(range(start, start + n_terms)), [0x3F800000 + start] * n_terms)
        assert WIRE.encode([row]) == write_stream([row], WIRE.schema)


def test_wires_do_not_mix_up_their_fingerprints() -> None:
    row = one_row([3], [0x3F800000])
    for fingerprint in ("a", "b"):
        wire = Wire(10, fingerprint)
        assert wire.encode([row]) == write_stream([row], wire.schema)
