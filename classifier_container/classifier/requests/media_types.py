"""The Content-Type and Accept headers of a request (RFC 9110), taken apart; no format is known here.

Werkzeug, which reads Accept headers, is imported for those that need it: as a rule clients send one plain media type,
and a worker that sees no other spares itself the import.
"""

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
    """Take one media type apart; what is not of the form `name=value` after a `;` is passed over.

    Werkzeug's parser would pass over `header=` and `charset = latin-1` too, which nobody sends without a meaning.
    """
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
    if accept in offered:
        return accept
    from werkzeug.datastructures import MIMEAccept
    from werkzeug.http import parse_accept_header

    ranges = [(item.partition(";")[0], quality) for item, quality in parse_accept_header(accept)]
    accepted = MIMEAccept(ranges)
    liked = (name for name in offered if accepted.quality(name))
    return max(liked, key=lambda name: (accepted.quality(name), -accepted.index(name)), default=None)
