"""Concurrent work with results in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from local_sagemaker.sagemaker.transform.data.ordered import ordered


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


def test_no_more_pieces_are_drawn_than_can_be_held() -> None:
    drawn = 0

    def pieces() -> Iterator[int]:
        nonlocal drawn
        for piece in range(100):
            drawn += 1
            yield piece

    results = ordered(lambda piece: piece, pieces(), workers=2)
    for _ in range(10):
        next(results)
    assert drawn <= 10 + 4
    results.close()


def test_an_error_of_the_work_comes_out() -> None:
    def work(piece: int) -> int:
        return 1 // piece

    with pytest.raises(ZeroDivisionError):
        list(ordered(work, [1, 0, 1], workers=2))
