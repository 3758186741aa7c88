"""What a tuning job may choose from: numbers within a range, on a scale, and values of a list."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.resources.refusals import invalid

_WIDE = 1000.0
"""How many times its least value a range must reach for `Auto` to mean `Logarithmic`."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """A way to lay a range on the unit interval, and back."""

    forth: Callable[[float], float]
    back: Callable[[float], float]


_SCALES = {
    "Linear": _Scale(float, float),
    "Logarithmic": _Scale(math.log, math.exp),
    "ReverseLogarithmic": _Scale(lambda value: -math.log(1.0 - value), lambda place: 1.0 - math.exp(-place)),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A range of numbers; `at` gives the one at a place of the unit interval.

    Examples
    --------
    >>> Number("alpha", 0.001, 1.0, "Logarithmic").at(0.5)
    '0.0316227766016838'
    >>> Number("depth", 1, 3, "Linear", integer=True).at(0.5)
    '2'
    """

    name: str
    low: float
    high: float
    scale: str
    integer: bool = False

    def at(self, place: float) -> str:
        """Write the value at a place between 0 and 1. Each integer has the same share of a linear range."""
        margin = 0.5 if self.integer else 0.0
        scale = _SCALES[self.scale]
        low, high = scale.forth(self.low - margin), scale.forth(self.high + margin)
        value = min(self.high, max(self.low, scale.back(low + place * (high - low))))
        return str(round(value)) if self.integer else f"{value:.15g}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A list of values."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Space:
    """All parameters of a training job that a tuning job chooses."""

    numbers: Sequence[Number]
    choices: Sequence[Choice]

    @property
    def names(self) -> list[str]:
        """The parameters' names."""
        return [*(number.name for number in self.numbers), *(choice.name for choice in self.choices)]

    def hyperparameters(self, places: Mapping[str, float], chosen: Mapping[str, str]) -> dict[str, str]:
        """Write hyperparameters from each number's place in its range, and each choice."""
        return {**{number.name: number.at(places[number.name]) for number in self.numbers}, **chosen}


def space_of(ranges: Mapping[str, Any]) -> Space:
    """Read ParameterRanges.

    Raises
    ------
    AwsError
        `ValidationException` if a range is empty or does not go with its scale, or two have the same name.
    """
    numbers = [
        *(_number(given, integer=True) for given in ranges.get("IntegerParameterRanges", ())),
        *(_number(given, integer=False) for given in ranges.get("ContinuousParameterRanges", ())),
    ]
    choices = [Choice(given["Name"], given["Values"]) for given in ranges.get("CategoricalParameterRanges", ())]
    space = Space(numbers, choices)
    for name in space.names:
        if space.names.count(name) > 1:
            raise invalid(f"The hyperparameter {name} has more than one range.")
    return space


def _number(given: Mapping[str, str], integer: bool) -> Number:
    name, asked = given["Name"], given.get("ScalingType", "Auto")
    low, high = (_read(given[member], name, integer) for member in ("MinValue", "MaxValue"))
    if low > high:
        raise invalid(f"MinValue of the hyperparameter {name} is greater than its MaxValue.")
    if asked == "Logarithmic" and low <= 0:
        raise invalid(f"The hyperparameter {name} has logarithmic scale, so its MinValue must be greater than 0.")
    if asked == "ReverseLogarithmic" and (integer or low < 0 or high >= 1):
        raise invalid(f"The hyperparameter {name} has reverse logarithmic scale: it must lie within 0 <= x < 1.")
    return Number(name, low, high, _chosen(low, high) if asked == "Auto" else asked, integer)


def _chosen(low: float, high: float) -> str:
    return "Logarithmic" if low > 0 and high / low >= _WIDE else "Linear"


def _read(text: str, name: str, integer: bool) -> float:
    try:
        value = int(text) if integer else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise invalid(f'"{text}" is no {"integer" if integer else "number"} for a range of the hyperparameter {name}.')
    return value
