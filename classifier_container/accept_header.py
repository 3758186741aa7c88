"""The Accept header of a request (RFC 9110): which of the offered formats it likes best. No format is known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class _Range:
    """One media range of the header, such as `text/*;q=0.5`."""

    name: str
    quality: float

    def matches(self, media_type: str) -> bool:
        return self.name in (media_type, "*/*") or (self.name.endswith("/*") and media_type.startswith(self.name[:-1]))


@lru_cache(maxsize=128)
def choose(accept: str, offered: Sequence[str]) -> str | None:
    """Choose what to answer with.

    Parameters
    ----------
    accept : str
        An Accept header: media ranges with optional quality values.
    offered : tuple of str
        The media types we write, the preferred one first.

    Returns
    -------
    str or None: the offered type that the header likes best (quality, then the narrower range, then the header's own
    order), or None if it likes none of them.
    """
    ranges = sorted(map(_parse, accept.split(",")), key=lambda item: (-item.quality, item.name.count("*")))
    excluded = {item.name for item in ranges if not item.quality}
    liked = (name for item in ranges if item.quality for name in offered if item.matches(name))
    return next((name for name in liked if name not in excluded), None)


def media_type_name(header: str) -> str:
    """Return the name in a media type such as `text/csv; charset=utf-8`, in lower case."""
    return header.partition(";")[0].strip().lower()


def _parse(item: str) -> _Range:
    parameters = (part.partition("=") for part in item.split(";")[1:])
    quality = next((value for name, _, value in parameters if name.strip().lower() == "q"), "1")
    return _Range(media_type_name(item), _number(quality))


def _number(quality: str) -> float:
    """Return a quality value, 0 where it is no number from 0 to 1."""
    try:
        number = float(quality)
    except ValueError:
        return 0
    return number if 0 <= number <= 1 else 0
