"""Which hyperparameters are tried next: the strategies `Random` and `Grid`; `Bayesian` has a file of its own."""

from __future__ import annotations

import itertools
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping

from local_sagemaker.sagemaker.tuning.strategies.parameters import Space


class Search(ABC):
    """A strategy over one space of hyperparameters."""

    @abstractmethod
    def next(self) -> Mapping[str, str] | None:
        """Choose what to try next; None when there is nothing more."""

    def report(self, tried: Mapping[str, str], objective: float | None) -> None:
        """Hear what became of something tried; None is a training job without a value of the objective."""
        return

    def close(self) -> None:
        """Let go of what the search needs."""
        return


class RandomSearch(Search):
    """Each parameter at random, evenly on its scale."""

    def __init__(self, space: Space, seed: int | None) -> None:
        self._space = space
        self._random = random.Random(seed)  # noqa: S311 - no secret is made of it

    def next(self) -> Mapping[str, str]:
        places = {number.name: self._random.random() for number in self._space.numbers}
        chosen = {choice.name: self._random.choice(choice.values) for choice in self._space.choices}
        return self._space.hyperparameters(places, chosen)


class GridSearch(Search):
    """Every combination of the choices, once."""

    def __init__(self, space: Space) -> None:
        self._names = [choice.name for choice in space.choices]
        self._rest = itertools.product(*(choice.values for choice in space.choices))

    def next(self) -> Mapping[str, str] | None:
        values = next(self._rest, None)
        return None if values is None else dict(zip(self._names, values, strict=True))
