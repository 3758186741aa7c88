"""Strategies: what they choose, and that the one that learns does."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import closing

import pytest

from local_sagemaker.sagemaker.tuning.strategies.bayesian import BayesianSearch, SearchFailed
from local_sagemaker.sagemaker.tuning.strategies.parameters import Choice, Number, Space, space_of
from local_sagemaker.sagemaker.tuning.strategies.search import GridSearch, RandomSearch, Search

ALPHA = Number("alpha", 0.0001, 1.0, "Logarithmic")
DEPTH = Number("depth", 1, 8, "Linear", integer=True)
KIND = Choice("kind", ["a", "b"])
SPACE = Space([ALPHA, DEPTH], [KIND])


@pytest.fixture(params=["Random", "Bayesian"])
def search(request: pytest.FixtureRequest) -> Iterator[Search]:
    if request.param == "Bayesian":
        pytest.importorskip("optuna")
        made: Search = BayesianSearch(SPACE, 1, maximize=True, jobs=20)
    else:
        made = RandomSearch(SPACE, 1)
    with closing(made):
        yield made


def test_what_is_chosen_lies_within_the_ranges(search: Search) -> None:
    for _ in range(20):
        tried = search.next()
        assert tried is not None
        assert 0.0001 <= float(tried["alpha"]) <= 1.0
        assert int(tried["depth"]) in range(1, 9)
        assert tried["kind"] in ("a", "b")
        search.report(tried, float(tried["depth"]))


def test_a_grid_ends_after_its_last_combination() -> None:
    search = GridSearch(Space([], [KIND, Choice("x", ["1", "2"])]))
    tried = [search.next() for _ in range(5)]
    assert tried == [{"kind": k, "x": x} for k in "ab" for x in "12"] + [None]


@pytest.mark.parametrize("maximize", [True, False])
def test_a_bayesian_search_learns_what_is_good(maximize: bool) -> None:
    pytest.importorskip("optuna")
    sign = -1.0 if maximize else 1.0
    space = Space([Number("x", -100, 100, "Linear")], [Choice("kind", ["good", "bad"])])
    far: list[float] = []
    with closing(BayesianSearch(space, 1, maximize, jobs=60)) as search:
        for number in range(60):
            tried = search.next()
            far.append(abs(float(tried["x"])) + (50 if tried["kind"] == "bad" else 0))
            search.report(tried, None if number % 10 == 9 else sign * far[-1])
    assert statistics.fmean(far[-20:]) < statistics.fmean(far[:10]) / 2


def test_an_end_of_the_searching_process_is_said() -> None:
    pytest.importorskip("optuna")
    search = BayesianSearch(SPACE, 1, maximize=True, jobs=3)
    search.close()
    with pytest.raises((SearchFailed, ValueError)):
        search.next()


@pytest.mark.parametrize(
    ("number", "places"),
    [
        (Number("x", 0.0, 10.0, "Linear"), {0.0: "0", 0.5: "5", 1.0: "10"}),
        (Number("x", 0.01, 1.0, "Logarithmic"), {0.0: "0.01", 0.5: "0.1", 1.0: "1"}),
        (Number("x", 0.0, 0.99, "ReverseLogarithmic"), {0.0: "0", 0.5: "0.9", 1.0: "0.99"}),
        (Number("x", 1, 4, "Linear", integer=True), {0.0: "1", 0.24: "1", 0.26: "2", 0.76: "4", 1.0: "4"}),
        (Number("x", 1, 1000, "Logarithmic", integer=True), {0.0: "1", 0.5: "22", 1.0: "1000"}),
        (Number("x", 3, 3, "Linear", integer=True), {0.0: "3", 1.0: "3"}),
    ],
)
def test_a_place_on_a_scale_is_a_value(number: Number, places: dict[float, str]) -> None:
    assert {place: number.at(place) for place in places} == places


@pytest.mark.parametrize(
    ("low", "high", "scale"), [("0.0001", "1", "Logarithmic"), ("0", "1", "Linear"), ("1", "10", "Linear")]
)
def test_auto_is_logarithmic_for_wide_ranges_of_positive_numbers(low: str, high: str, scale: str) -> None:
    [number] = space_of({"ContinuousParameterRanges": [{"Name": "x", "MinValue": low, "MaxValue": high}]}).numbers
    assert number.scale == scale
