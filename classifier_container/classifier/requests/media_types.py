"""The Content-Type and Accept headers of a request (RFC 9110), taken apart; no format is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type such as `text/csv; charset=utf-8`: names in lower case, values without their quotes."""

    name: str
    parameters: Mapping[str, str]


@lru_cache(maxsize=128)
def parse_media_type(header: str) -> MediaType:
    """Take one media type apart; what is not of the form `name=value` after a `;` is passed over."""
    name, *rest = header.split(";")
    pairs = (part.partition("=") for part in rest if "=" in part)
    return MediaType(
        name.strip().lower(),
        {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs},
    )


def choose(accept: str, offered: Sequence[str]) -> str | None:
    """Choose what to answer with.

    Parameters
    ----------
    accept : str
        An Accept header: media ranges with optional quality values.
    offered : sequence of str
        The media types we write, the preferred one first.

    Returns
    -------
    str or None
        The offered type that the header prefers (by quality, then the narrower range, then the header's own order), or
        None if it accepts none of them.
    """
    ranges = sorted(map(parse_media_type, accept.split(",")), key=lambda item: (-_quality(item), item.name.count("*")))
    excluded = {item.name for item in ranges if not _quality(item)}
    liked = (name for item in ranges if _quality(item) for name in offered if _matches(item.name, name))
    return next((name for name in liked if name not in excluded), None)


def _quality(item: MediaType) -> float:
    """Return a range's quality value, 0 where it is no number from 0 to 1."""
    try:
        quality = float(item.parameters.get("q", "1"))
    except ValueError:
        return 0
    return quality if 0 <= quality <= 1 else 0


def _matches(media_range: str, name: str) -> bool:
    return media_range in (name, "*/*") or (media_range.endswith("/*") and name.startswith(media_range[:-1]))
