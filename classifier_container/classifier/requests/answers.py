"""Rankings to bytes: a registry of the formats that we answer in, chosen by the Accept header. A new one is one more
function and one more entry.

Neither CSV nor JSON Lines ends in a newline: `AssembleWith=Line` of a batch transform puts one after each answer, and
with one of ours before it there would be blank lines between the answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..errors import UnsupportedAccept
from ..model.category_model import Ranking
from .media_types import choose

Encoder = Callable[[Ranking, Sequence[str]], str]
"""Writes a ranking's answers, in order, given the names of the categories."""


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """A media type and the function that writes it."""

    media_type: str
    encode: Encoder


@lru_cache(maxsize=128)
def choose_format(accept: str) -> AnswerFormat:
    """Return the format that an Accept header asks for.

    Raises
    ------
    UnsupportedAccept
        If it asks for none of ours.
    """
    media_type = choose(accept, tuple(_ENCODERS))
    if media_type is None:
        raise UnsupportedAccept(
            "UnsupportedAccept", f"Accept {accept!r} is not written here; ask for one of {', '.join(_ENCODERS)}."
        )
    return AnswerFormat(media_type, _ENCODERS[media_type])


def _encode_json(ranking: Ranking, categories: Sequence[str]) -> str:
    return f'{{"predictions": [{", ".join(_objects(ranking, categories))}]}}'


def _encode_json_lines(ranking: Ranking, categories: Sequence[str]) -> str:
    return "\n".join(_objects(ranking, categories))


def _encode_csv(ranking: Ranking, categories: Sequence[str]) -> str:
    """Write the best category of each row on a line of its own."""
    fields = _csv_fields(tuple(categories))
    return "\n".join([fields[label] for label in ranking.labels[:, 0].tolist()])


@lru_cache(maxsize=1)
def _csv_fields(categories: tuple[str, ...]) -> list[str]:
    return [_csv_field(category) for category in categories]


def _csv_field(value: str) -> str:
    if value and not any(character in value for character in ',"\r\n'):
        return value
    return '"' + value.replace('"', '""') + '"'


def _objects(ranking: Ranking, categories: Sequence[str]) -> Iterator[str]:
    """Yield each row's answer as a JSON object."""
    names = _json_names(tuple(categories))
    for labels, probabilities in zip(ranking.labels.tolist(), ranking.probabilities.tolist(), strict=True):
        top = [
            f'{{"category": {names[label]}, "probability": {value!r}}}'
            for label, value in zip(labels, probabilities, strict=True)
        ]
        yield f'{top[0][:-1]}, "top": [{", ".join(top)}]}}'


@lru_cache(maxsize=1)
def _json_names(categories: tuple[str, ...]) -> list[str]:
    return [json.dumps(category, ensure_ascii=False) for category in categories]


_ENCODERS: dict[str, Encoder] = {
    "application/json": _encode_json,
    "text/csv": _encode_csv,
    "application/jsonlines": _encode_json_lines,
}
