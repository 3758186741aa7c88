"""Concurrent work in order, and what of it is in memory."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local_sagemaker.sagemaker.transform.data.ordered import ordered


@dataclass(eq=False)
class Piece:
    number: int


def test_results_come_in_the_order_of_the_pieces_whoever_is_done_first() -> None:
    later_done = threading.Event()

    def work(piece: int) -> int:
        if piece == 0:
            assert later_done.wait(10)
        if piece == 3:
            later_done.set()
        return piece * 10

    assert list(ordered(work, range(6), workers=2)) == [piece * 10 for piece in range(6)]


def test_as_many_pieces_are_worked_on_at_a_time_as_asked_for() -> None:
    together = threading.Barrier(3, timeout=10)
    assert len(list(ordered(lambda _: together.wait(), range(6), workers=3))) == 6


def test_one_piece_more_is_drawn_than_there_are_workers_to_work_on() -> None:
    third, fourth, go_on = threading.Event(), threading.Event(), threading.Event()

    def pieces() -> Iterator[int]:
        for piece in range(100):
            if piece >= 2:
                (third if piece == 2 else fourth).set()
            yield piece

    def work(piece: int) -> int:
        assert go_on.wait(10)
        return piece

    results: list[int] = []
    taking = threading.Thread(target=lambda: results.extend(ordered(work, pieces(), workers=2)))
    taking.start()
    try:
        assert third.wait(10)
        assert not fourth.wait(0.2)
    finally:
        go_on.set()
        taking.join(10)
    assert results == list(range(100))


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


def test_an_error_of_the_work_comes_out() -> None:
    def work(piece: int) -> int:
        return 1 // piece

    with pytest.raises(ZeroDivisionError):
        list(ordered(work, [1, 0, 1], workers=2))
