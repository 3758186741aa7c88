"""Concurrent work in order, and what of it is in memory."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

from local_sagemaker.sagemaker.transform.data.ordered import ordered


@dataclass(eq=False)
class Piece:
    number: int


def test_results_come_in_the_order_of_the_pieces() -> None:
    pieces = (Piece(number) for number in range(50))
    assert list(ordered(lambda piece: piece.number, pieces, 3)) == list(range(50))


def test_pieces_are_drawn_as_results_are_taken_and_let_go_when_they_are_done() -> None:
    drawn: list[weakref.ref[Piece]] = []

    def pieces() -> Iterator[Piece]:
        for number in range(50):
            drawn.append(weakref.ref(piece := Piece(number)))
            yield piece
            del piece

    results = ordered(lambda piece: piece.number, pieces(), 3)
    assert next(results) == 0
    assert len(drawn) == 6
    deadline = time.monotonic() + 20
    while any(piece() is not None for piece in drawn[:-1]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [piece() for piece in drawn[:-1]] == [None] * 5
    results.close()
