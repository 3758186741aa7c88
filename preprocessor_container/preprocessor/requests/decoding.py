"""Requests to texts: a registry of the content types that we read. A new one is one function and one entry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NoReturn

from ..errors import BodyTooLarge, RequestRefused, UnsupportedContentType
from .csv_reader import MalformedCsv, read_csv, read_plain_column
from .line_structure import plain_newlines, staged_record, unstaged
from .media_types import MediaType, parse_media_type

MAX_BODY_BYTES = 100 * 2**20
"""The most that SageMaker hands a container at once (`MaxPayloadInMB` goes up to 100)."""

MAX_RECORDS = 1_000_000
"""In one request; a record may take no more than one byte, and its answer takes hundreds."""

_UNCOUNTED_CHARACTERS = 2**23
_MOST_JSON_VALUES = 2**23
"""In one document, counted by the marks before them; each costs up to a hundred bytes of memory and may be one byte.
Only documents longer than `_UNCOUNTED_CHARACTERS` are looked at.
"""

_UTF8_CSV = ("text/csv", "text/csv; charset=utf-8")
"""The Content-Types of what the commands and AWS's serving toolkit send."""

_CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "iso-8859-1": "latin-1", "latin-1": "latin-1", "latin1": "latin-1", "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252", "cp1252": "cp1252", "windows-1251": "cp1251", "koi8-r": "koi8-r",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "shift_jis": "shift_jis", "euc-jp": "euc-jp", "gb18030": "gb18030", "big5": "big5", "euc-kr": "euc-kr",
}  # fmt: skip
"""Charset parameters to Python's codecs. A closed list, for Python also has codecs that are no charsets, and slow ones.
"""


def decode_request(body: bytes | str, content_type: str) -> list[str]:
    """Read a request's texts, in order.

    Parameters
    ----------
    body : bytes or str
        A str is what the serving stack has decoded already.
    content_type : str
        The header, parameters included.

    Raises
    ------
    RequestRefused
        If the type is none of ours, or the body is not what its type says.
    """
    if content_type in _UTF8_CSV and isinstance(body, bytes) and (text := staged_record(body)) is not None:
        return [text]
    media_type = parse_media_type(content_type)
    decode = _DECODERS.get(media_type.name)
    if decode is None:
        raise UnsupportedContentType(
            "UnsupportedContentType",
            f"Content-Type {content_type!r} is not read here; send one of {', '.join(_DECODERS)}.",
        )
    if not body:
        raise RequestRefused("EmptyBody", 'The body is empty. An empty text is "" in CSV and JSON.')
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLarge(
            "BodyTooLarge", f"The body has {len(body):,} bytes; send at most {MAX_BODY_BYTES:,} at once."
        )
    n_header = _header_records(media_type)
    records = decode(_to_text(body, media_type).removeprefix("\ufeff"))
    texts = list(islice(records, n_header, n_header + MAX_RECORDS + 1))
    if len(texts) > MAX_RECORDS:
        raise _too_many_records()
    if n_header and not texts:
        raise RequestRefused("EmptyBody", "The body holds a header line and no record. Send some below it.")
    return texts


def _header_records(media_type: MediaType) -> int:
    """Return how many records of a body are its header line: RFC 4180's parameter `header` says so, of CSV alone."""
    header = media_type.parameters.get("header", "absent")
    if media_type.name != "text/csv" or header.lower() == "absent":
        return 0
    if header.lower() == "present":
        return 1
    message = f"header={header} is no value of text/csv; send header=present or header=absent."
    raise UnsupportedContentType("UnsupportedHeader", message)


def _too_many_records() -> BodyTooLarge:
    return BodyTooLarge("TooManyRecords", f"The body has more than {MAX_RECORDS:,} records; send fewer at once.")


def _to_text(body: bytes | str, media_type: MediaType) -> str:
    if isinstance(body, str):
        return body
    charset = media_type.parameters.get("charset", "utf-8")
    codec = _CODECS.get(charset.lower())
    if codec is None:
        message = f"Charset {charset!r} is not read here; send UTF-8, or one of {', '.join(_CODECS)}."
        raise UnsupportedContentType("UnsupportedCharset", message)
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        what = f"The body is not {charset}: {error.reason} at byte {error.start}."
        message = f"{what} Send UTF-8, or name the charset in the Content-Type."
        raise RequestRefused("InvalidEncoding", message) from error


def _decode_plain(body: str) -> Iterator[str]:
    yield plain_newlines(body)


def _decode_csv(body: str) -> Iterator[str]:
    """Read single-column CSV; each record is a text, or the header line that the caller knows of."""
    fields = read_plain_column(body)
    return _decode_any_csv(body) if fields is None else map(unstaged, fields)


def _decode_any_csv(body: str) -> Iterator[str]:
    try:
        for number, record in enumerate(read_csv(body), start=1):
            if len(record.fields) != 1:
                _refuse_columns(len(record.fields), number, record.line)
            yield unstaged(record.fields[0])
    except MalformedCsv as error:
        message = f"Record {error.record}, which begins on line {error.line}, is not CSV: {error.reason}."
        raise RequestRefused("MalformedCsv", message, error.record) from error


def _refuse_columns(n_columns: int, record: int, line: int) -> NoReturn:
    message = (
        f"Record {record}, which begins on line {line}, has {n_columns} columns; send one, the text. Put a text that "
        'holds commas in quotes. In a batch transform an InputFilter such as "$[0]" selects a column.'
    )
    raise RequestRefused("WrongColumnCount", message, record)


def _decode_json(body: str) -> Iterator[str]:
    """Read `"…"`, `["…", …]`, `{"text": "…"}` or `{"instances": ["…" | {"text": "…"}, …]}`."""
    document = _parse_json(body)
    if isinstance(document, list):
        yield from (_json_string(item, number) for number, item in enumerate(document, start=1))
    elif isinstance(document, dict) and "instances" in document:
        yield from _json_instances(document)
    else:
        yield _json_text(document)


def _json_instances(document: dict[str, object]) -> Iterator[str]:
    instances = document["instances"]
    if "text" in document or not isinstance(instances, list):
        raise RequestRefused("WrongJsonShape", f'"instances" must be a list, with no "text" beside it. {_JSON_FORMS}')
    return (_json_text(item, number) for number, item in enumerate(instances, start=1))


def _decode_json_lines(body: str) -> Iterator[str]:
    """Read one `"…"` or `{"text": "…"}` per line; the last line may end in a newline."""
    body = body.removesuffix("\n")
    if body.count("\n") >= MAX_RECORDS:
        raise _too_many_records()
    lines = body.split("\n")
    return (_json_text(_parse_json(line, number), number) for number, line in enumerate(lines, start=1))


_JSON_FORMS = (
    'Send "…", ["…", …], {"text": "…"} or {"instances": ["…" or {"text": "…"}, …]}; '
    'in JSON Lines one "…" or {"text": "…"} per line.'
)


def _parse_json(document: str, record: int | None = None) -> object:
    if len(document) > _UNCOUNTED_CHARACTERS and sum(map(document.count, ",[{")) > _MOST_JSON_VALUES:
        message = f"{_about(record)} may hold more than {_MOST_JSON_VALUES:,} JSON values; send less at once, or CSV."
        raise BodyTooLarge("TooManyValues", message, record)
    try:
        parsed: object = json.loads(document, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise RequestRefused(
            "MalformedJson", f"{_about(record)} is nested too deeply. {_JSON_FORMS}", record
        ) from error
    except ValueError as error:
        raise RequestRefused(
            "MalformedJson", f"{_about(record)} is not JSON: {error}. {_JSON_FORMS}", record
        ) from error
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _json_text(item: object, record: int | None = None) -> str:
    """Take the text out of `"…"` or `{"text": "…"}`; other fields of the object are passed over."""
    return _json_string(item.get("text") if isinstance(item, dict) else item, record)


def _json_string(item: object, record: int | None) -> str:
    if not isinstance(item, str):
        raise RequestRefused(
            "WrongJsonShape", f"{_about(record)} holds no text where one is expected. {_JSON_FORMS}", record
        )
    return plain_newlines(item)


def _about(record: int | None) -> str:
    return "The body" if record is None else f"Record {record}"


_DECODERS: dict[str, Callable[[str], Iterator[str]]] = {
    "text/plain": _decode_plain,
    "text/csv": _decode_csv,
    "application/json": _decode_json,
    "application/jsonlines": _decode_json_lines,
}
