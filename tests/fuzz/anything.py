"""What the fuzzers throw: texts, headers, and bytes that are almost right."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

ODD_CHARACTERS = (
    "\x00\t\n\r\x0b\x0c\x1c\x85\u2028\u2029\ufeff\ufffd\ufffe"  # ends of lines of some kind, marks, what is no text
    "\u0130\u0131\u017f\u212a\u00df\u1e9e\u03a3\u03c2\ufb01"  # change their length or become ASCII when lower-cased
    "\u0301\u0345\u200d\u200f\u202e\u05d0\u0645\u0905\u0967\u4e2d\U0001f600\U0001d400\U0010ffff"
    "\ud800\udfff"  # lone surrogates, which JSON can say and UTF-8 cannot
    "aZz09_'\"-.,:;<>|&\\/{}[]"
)
any_text = st.text() | st.text(ODD_CHARACTERS) | st.text("abAB \n:'")
"""Any text that Python can hold."""

posts = st.builds(
    "{}{}\n\n{}".format,
    st.sampled_from(
        ["Subject: ", "subject:", "SUBJECT:\t", "Subject: Re: RE:  re: ", "From: a\nSubject: ", " x\nTo:y\n"]
    ),
    any_text,
    any_text,
)
"""Texts that begin with a header block, or nearly."""

long_texts = st.builds(
    lambda before, part, after: before + part * (100_000 // len(part)) + after,
    st.sampled_from(["", "Subject:", "Subject: x\n", "a: b\n "]),
    st.text('aS: \t\nre:,"\u00e9\u2003', min_size=1, max_size=4),
    st.sampled_from(["", "\n\n", "x\n\ny"]),
)
"""Texts that would take hours where time grows with the square of their length."""

texts = any_text | posts
plain_texts = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(ODD_CHARACTERS.replace("\ud800\udfff", ""))
)
"""Any text that UTF-8 can say."""

header_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
"""Any header as a server of HTTP hands it on."""

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["text", "instances", "id"]) | any_text, inner, max_size=4)
    ),
    max_leaves=12,
)
json_documents = st.builds(lambda value, pretty: json.dumps(value, ensure_ascii=pretty), json_values, st.just(True))


def csv_of(rows: list[list[str]], newline: str = "\n") -> str:
    """Write a table as Python writes it."""
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator=newline).writerows(rows)
    return table.getvalue()


tables = st.builds(
    csv_of,
    st.lists(st.lists(plain_texts, min_size=1, max_size=3), max_size=5),
    st.sampled_from(["\n", "\r\n"]),
)


@st.composite
def damaged(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """Take bytes that are right and change, cut, repeat or add some."""
    body = bytearray(draw(bodies))
    for _ in range(draw(st.integers(0, 4))):
        body = bytearray(draw(st.sampled_from(_DAMAGES))(draw, bytes(body)))
    return bytes(body)


def _flip(draw: st.DrawFn, body: bytes) -> bytes:
    if not body:
        return body
    place = draw(st.integers(0, len(body) - 1))
    return body[:place] + bytes([body[place] ^ draw(st.integers(1, 255))]) + body[place + 1 :]


def _cut(draw: st.DrawFn, body: bytes) -> bytes:
    return body[: draw(st.integers(0, len(body)))]


def _repeat(draw: st.DrawFn, body: bytes) -> bytes:
    first, last = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
    return body[:last] + body[first:]


def _insert(draw: st.DrawFn, body: bytes) -> bytes:
    place = draw(st.integers(0, len(body)))
    return body[:place] + draw(st.binary(max_size=8)) + body[place:]


def _overwrite(draw: st.DrawFn, body: bytes) -> bytes:
    """Put a number where lengths and offsets are: at a multiple of four."""
    if len(body) < 8:
        return body
    place = 4 * draw(st.integers(0, len(body) // 4 - 2))
    value = draw(st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**32 - 1, 10**9]) | st.integers(0, 2**32 - 1))
    return body[:place] + value.to_bytes(4, "little") + body[place + 4 :]


_DAMAGES: list[Callable[[st.DrawFn, bytes], bytes]] = [_flip, _cut, _repeat, _insert, _overwrite]
