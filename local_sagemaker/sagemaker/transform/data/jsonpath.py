"""The JSONPath dialect of `DataProcessing` filters.

Operators as the SageMaker guide lists them ("Associate Prediction Results with their Corresponding Input Records"):
`$`, `.name`, `*`, `['name', …]`, `[index, …]` with negative indexes, `[start:end]` with either left out; indexes and
slices may stand in one bracket (`$[0,5:]` is an example of its). A CSV record is an array of its columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_PART = r"(?:(?:-?[0-9]{1,18})?\s*:\s*(?:-?[0-9]{1,18})?|-?[0-9]{1,18})"
_STEP = re.compile(
    rf"""
      \.(?P<name>[^.\[\]*'"\s]+)
    | (?P<every>\.\*|\.?\[\s*\*\s*\])
    | \.?\[\s*(?P<elements>{_PART}(?:\s*,\s*{_PART})*)\s*\]
    | \.?\[\s*(?P<names>(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\s*\]
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


class BadPath(ValueError):
    """The text is no path of the dialect; the message says from where on."""


class NotThere(LookupError):
    """A record has nothing at the path."""


@dataclass(frozen=True, slots=True)
class Names:
    """Members of an object: one gives its value, several an object of these."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A run of an array's elements, `end` not included."""

    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Elements:
    """Elements of an array: one index gives the element; several, or a slice among them, an array in their order."""

    parts: tuple[int | Slice, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """All members of an object or all elements of an array."""


Step = Names | Elements | Every


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A parsed path."""

    text: str
    steps: tuple[Step, ...]

    def select(self, value: Any) -> Any:
        """Take from a value what the path names.

        Raises
        ------
        NotThere
            If it has nothing there.
        """
        try:
            return _walk(value, self.steps)
        except (LookupError, TypeError) as error:
            raise NotThere(f"has nothing at {self.text}") from error


def parse(text: str) -> JsonPath:
    """Read a path.

    Raises
    ------
    BadPath
        If the text is not of the dialect.

    Examples
    --------
    >>> parse("$[1:]").select(["id", 3, 4])
    [3, 4]
    >>> parse("$[0,2:]").select(["id", 3, 4, 5])
    ['id', 4, 5]
    >>> parse("$['id','SageMakerOutput']").select({"id": 1, "x": 2, "SageMakerOutput": 3})
    {'id': 1, 'SageMakerOutput': 3}
    """
    if not text.startswith("$"):
        raise BadPath(f'"{text}" does not begin with $')
    steps, place = [], 1
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None:
            raise BadPath(f'"{text}" is not understood from "{text[place:]}" on')
        steps.append(_step(match))
        place = match.end()
    return JsonPath(text, tuple(steps))


def _step(match: re.Match[str]) -> Step:
    if match["name"] is not None:
        return Names((match["name"],))
    if match["every"] is not None:
        return Every()
    if match["elements"] is not None:
        return Elements(tuple(map(_part, match["elements"].split(","))))
    return Names(tuple(single or double for single, double in _QUOTED.findall(match["names"])))


def _part(text: str) -> int | Slice:
    start, colon, end = (side.strip() for side in text.partition(":"))
    return Slice(_number(start), _number(end)) if colon else int(start)


def _number(text: str) -> int | None:
    return int(text) if text else None


def _walk(value: Any, steps: tuple[Step, ...]) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    match step:
        case Names((name,)):
            return _walk(_object(value)[name], rest)
        case Names(names):
            return {name: _walk(_object(value)[name], rest) for name in names}
        case Elements((int(index),)):
            return _walk(_array(value)[index], rest)
        case Elements(parts):
            return [_walk(element, rest) for part in parts for element in _run(_array(value), part)]
        case Every():
            return [_walk(element, rest) for element in (value.values() if isinstance(value, dict) else _array(value))]


def _run(array: list[Any], part: int | Slice) -> list[Any]:
    return [array[part]] if isinstance(part, int) else array[part.start : part.end]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not an array")
    return value
