"""Requests that a container must refuse, and odd ones that it must answer: one table, sent to the local runtime's
containers and to those in the AWS image's environment.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

import pyarrow as pa

from local_sagemaker.containers import ContainerResponse
from tests.container_sources import ARROW

PLAIN, CSV, JSON, LINES = "text/plain", "text/csv", "application/json", "application/jsonlines"
MEGABYTE = 2**20
Make = Callable[[bytes], bytes]
"""Makes a body of a good wire, as the preprocessor wrote it for `WIRE_TEXTS`."""

WIRE_TEXTS = ["oven flour and butter", "", "mast rudder keel"]


class Kind(StrEnum):
    """What is wrong with a request."""

    HEADERS = "Content-Type and Accept"
    CSV = "malformed CSV"
    COLUMNS = "wrong number of columns"
    ENCODING = "encoding"
    JSON = "JSON of another shape, or none"
    SIZE = "empty, or too much"
    NOT_ARROW = "not Arrow"
    BROKEN_ARROW = "truncated or corrupt Arrow"
    OTHER_MODEL = "of another model"
    VALUES = "impossible rows"


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A request and the refusal that it must get."""

    kind: Kind
    what: str
    body: bytes | Make
    content_type: str
    status: int
    code: str
    record: int | None = None
    says: str = ""
    """What the message must hold: where it is wrong, or what to send instead."""
    accept: str | None = None

    def make(self, wire: bytes = b"") -> bytes:
        """Return the body."""
        return self.body if isinstance(self.body, bytes) else self.body(wire)


def assert_refused(answer: ContainerResponse, bad: BadRequest) -> None:
    """Assert that a container refused a request as it must."""
    assert (answer.status, answer.content_type) == (bad.status, JSON), answer.body
    told = json.loads(answer.body)
    assert told.keys() == {"error"}
    assert (told["error"]["code"], told["error"].get("record")) == (bad.code, bad.record)
    assert bad.says in told["error"]["message"]


def _large(piece: bytes, size: int) -> Make:
    return lambda _: piece * (size // len(piece))


_ORDER = "send one of text/plain, text/csv, application/json, application/jsonlines"
_QUOTES = "write each quote inside a quoted field twice"

TO_PREPROCESSOR = [
    BadRequest(Kind.HEADERS, "Content-Type of an image", b"x", "image/png", 415, "UnsupportedContentType", says=_ORDER),
    BadRequest(Kind.HEADERS, "Content-Type that is none", b"x", "nonsense", 415, "UnsupportedContentType", says=_ORDER),
    BadRequest(Kind.HEADERS, "Arrow to the preprocessor", b"x", ARROW, 415, "UnsupportedContentType", says=_ORDER),
    BadRequest(Kind.HEADERS, "Accept HTML", b"x", PLAIN, 406, "UnsupportedAccept", says=ARROW, accept="text/html"),
    BadRequest(Kind.HEADERS, "Accept nothing", b"x", PLAIN, 406, "UnsupportedAccept", says=ARROW, accept="*/*;q=0"),
    BadRequest(Kind.ENCODING, "bytes that are no UTF-8", b"caf\xe9", PLAIN, 400, "InvalidEncoding", says="at byte 3"),
    BadRequest(Kind.ENCODING, "in CSV", b"ok\ncaf\xe9\n", CSV, 400, "InvalidEncoding", says="at byte 6"),
    BadRequest(Kind.ENCODING, "in JSON", b'"caf\xe9"', JSON, 400, "InvalidEncoding", says="at byte 4"),
    BadRequest(Kind.ENCODING, "cut within a character", b"caf\xc3", LINES, 400, "InvalidEncoding", says="at byte 3"),
    BadRequest(
        Kind.ENCODING,
        "a charset that nobody knows",
        b"x",
        f"{CSV}; charset=klingon",
        415,
        "UnsupportedCharset",
        says="send UTF-8",
    ),
    BadRequest(Kind.ENCODING, "a codec that is no charset", b"x", f"{CSV}; charset=zlib", 415, "UnsupportedCharset"),
    BadRequest(Kind.CSV, "a quote left open", b'a\nb\n"c\nd\n', CSV, 400, "MalformedCsv", 3, says="line 3"),
    BadRequest(Kind.CSV, "text behind a quoted field", b'a\n"b"c\n', CSV, 400, "MalformedCsv", 2, says=_QUOTES),
    BadRequest(Kind.CSV, "a quote that is not doubled", b'"a"b"\n', CSV, 400, "MalformedCsv", 1, says=_QUOTES),
    BadRequest(
        Kind.COLUMNS, "two columns", b"a\nb,c\n", CSV, 400, "WrongColumnCount", 2, says='InputFilter such as "$[0]"'
    ),
    BadRequest(
        Kind.COLUMNS, "a comma without quotes", b"well, yes\n", CSV, 400, "WrongColumnCount", 1, says="in quotes"
    ),
    BadRequest(
        Kind.COLUMNS, "a million columns", _large(b"bb,", 3_000_000), CSV, 400, "MalformedCsv", 1, says="in quotes"
    ),
    BadRequest(Kind.JSON, "cut short", b'{"text": ', JSON, 400, "MalformedJson", says="char 9"),
    BadRequest(Kind.JSON, "a number", b"7", JSON, 400, "WrongJsonShape", says='Send "'),
    BadRequest(Kind.JSON, "another key", b'{"texts": ["a"]}', JSON, 400, "WrongJsonShape", says='{"text": '),
    BadRequest(Kind.JSON, "a text that is none", b'["a", 7]', JSON, 400, "WrongJsonShape", 2, says="Record 2"),
    BadRequest(Kind.JSON, "instances that are no list", b'{"instances": "a"}', JSON, 400, "WrongJsonShape"),
    BadRequest(Kind.JSON, "a text beside instances", b'{"instances": [], "text": "a"}', JSON, 400, "WrongJsonShape"),
    BadRequest(Kind.JSON, "NaN", b'["a", NaN]', JSON, 400, "MalformedJson", says="NaN"),
    BadRequest(
        Kind.JSON, "Infinity in the second line", b'"a"\n-Infinity\n', LINES, 400, "MalformedJson", 2, says="Infinity"
    ),
    BadRequest(Kind.JSON, "a number of 100,000 digits", b"1" * 100_000, JSON, 400, "MalformedJson"),
    BadRequest(Kind.JSON, "a million brackets", b"[" * 1_000_000, JSON, 400, "MalformedJson", says="nested too deeply"),
    BadRequest(Kind.JSON, "objects within objects", b'{"a":' * 200_000, JSON, 400, "MalformedJson", says="too deeply"),
    BadRequest(Kind.JSON, "an empty line", b'"a"\n\n"c"\n', LINES, 400, "MalformedJson", 2, says="Record 2"),
    BadRequest(Kind.JSON, "a list in a line", b'"a"\n["b"]\n', LINES, 400, "WrongJsonShape", 2, says="Record 2"),
    *(
        BadRequest(Kind.SIZE, f"empty {name}", b"", name, 400, "EmptyBody", says='""')
        for name in (PLAIN, CSV, JSON, LINES)
    ),
    BadRequest(
        Kind.SIZE,
        "100 MiB and a byte",
        _large(b"x", 100 * MEGABYTE + 1),
        PLAIN,
        413,
        "BodyTooLarge",
        says="104,857,600",
    ),
    BadRequest(
        Kind.SIZE, "a million and one records", _large(b"\n", 1_000_001), CSV, 413, "TooManyRecords", says="1,000,000"
    ),
    BadRequest(
        Kind.SIZE, "so many lines", _large(b"\n", 40 * MEGABYTE), LINES, 413, "TooManyRecords", says="1,000,000"
    ),
    BadRequest(
        Kind.SIZE,
        "30 MB of empty lists",
        lambda _: b"[" + b"[]," * 10**7 + b"0]",
        JSON,
        413,
        "TooManyValues",
        says="CSV",
    ),
]

Row = tuple[Sequence[int], Sequence[float]]


def _stream(wire: bytes, *rows: Row) -> bytes:
    """Write rows under the schema of a good wire."""
    schema = pa.ipc.open_stream(wire).schema
    columns = [pa.array([row[place] for row in rows], field.type) for place, field in enumerate(schema)]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch(columns, schema=schema))
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _rows(*rows: Row) -> Make:
    return lambda wire: _stream(wire, ([0], [1.0]), *rows)


def _with_metadata(name: str, value: str) -> Make:
    def make(wire: bytes) -> bytes:
        reader = pa.ipc.open_stream(wire)
        schema = reader.schema.with_metadata({**reader.schema.metadata, name.encode(): value.encode()})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema) as writer:
            for batch in reader:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        written: bytes = sink.getvalue().to_pybytes()
        return written

    return make


def _last_feature(wire: bytes) -> int:
    return int(pa.ipc.open_stream(wire).schema.metadata[b"n_features"])


def _announcing(n_rows: int) -> Make:
    """Change the number of rows in the head of a stream of two rows, and nothing else."""

    def make(wire: bytes) -> bytes:
        written = _stream(wire, ([0], [1.0]), ([0], [1.0]))
        return written.replace(struct.pack("<q", 2), struct.pack("<q", n_rows))

    return make


def _compressed(wire: bytes) -> bytes:
    schema, sink = pa.ipc.open_stream(wire).schema, pa.BufferOutputStream()
    zeros = pa.array([[0] * 10**7], schema[0].type), pa.array([[0.0] * 10**7], schema[1].type)
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(pa.record_batch(list(zeros), schema=schema))
    written: bytes = sink.getvalue().to_pybytes()
    return written


_arrow: Callable[..., BadRequest] = partial(BadRequest, content_type=ARROW)
_SAME = "Deploy the preprocessor and the classifier of the same training run"

TO_CLASSIFIER = [
    BadRequest(Kind.NOT_ARROW, "CSV", b"1,2\n", CSV, 415, "UnsupportedContentType", says=ARROW),
    BadRequest(Kind.NOT_ARROW, "JSON", b"{}", JSON, 415, "UnsupportedContentType", says=ARROW),
    BadRequest(Kind.NOT_ARROW, "npz", b"PK", "application/x-npz", 415, "UnsupportedContentType", says=ARROW),
    BadRequest(
        Kind.HEADERS,
        "Accept an image",
        lambda wire: wire,
        ARROW,
        406,
        "UnsupportedAccept",
        says=JSON,
        accept="image/png",
    ),
    _arrow(Kind.SIZE, "nothing", b"", status=400, code="EmptyBody"),
    _arrow(
        Kind.BROKEN_ARROW, "text called Arrow", b"a,b\n", status=400, code="MalformedArrow", says="AssembleWith None"
    ),
    _arrow(Kind.BROKEN_ARROW, "cut by 200 bytes", lambda wire: wire[:-200], status=400, code="MalformedArrow"),
    _arrow(
        Kind.BROKEN_ARROW,
        "without its end mark",
        lambda wire: wire[:-8],
        status=400,
        code="MalformedArrow",
        says="missing",
    ),
    _arrow(Kind.BROKEN_ARROW, "one byte", lambda wire: wire[:1], status=400, code="MalformedArrow"),
    _arrow(
        Kind.BROKEN_ARROW,
        "a newline between streams",
        lambda wire: wire + b"\n" + wire,
        status=400,
        code="MalformedArrow",
    ),
    _arrow(
        Kind.BROKEN_ARROW,
        "lengths of 0xff",
        lambda wire: wire[:8] + b"\xff" * 64 + wire[72:],
        status=400,
        code="MalformedArrow",
    ),
    _arrow(
        Kind.BROKEN_ARROW,
        "160 MB as 20 kB of zstd",
        _compressed,
        status=400,
        code="MalformedArrow",
        says="uncompressed",
    ),
    _arrow(Kind.SIZE, "a billion rows on ten bytes", _announcing(10**9), status=400, code="MalformedArrow"),
    _arrow(Kind.SIZE, "900,000 rows on ten bytes", _announcing(900_000), status=400, code="MalformedArrow"),
    _arrow(
        Kind.SIZE,
        "256 MiB and a byte",
        _large(b"\0", 256 * MEGABYTE + 1),
        status=413,
        code="BodyTooLarge",
        says="268,435,456",
    ),
    _arrow(
        Kind.OTHER_MODEL,
        "another number of features",
        _with_metadata("n_features", "7"),
        status=400,
        code="WrongFeatureCount",
        says=_SAME,
    ),
    _arrow(
        Kind.OTHER_MODEL,
        "another vocabulary",
        _with_metadata("fingerprint", "0" * 64),
        status=400,
        code="ForeignFingerprint",
        says=_SAME,
    ),
    _arrow(
        Kind.OTHER_MODEL,
        "another version",
        _with_metadata("format_version", "2"),
        status=400,
        code="WrongFormatVersion",
        says=_SAME,
    ),
    _arrow(
        Kind.VALUES,
        "a negative value",
        _rows(([0], [-0.5])),
        status=400,
        code="ImpossibleValue",
        record=2,
        says="Record 2",
    ),
    _arrow(
        Kind.VALUES, "NaN", _rows(([0], [1.0]), ([0], [float("nan")])), status=400, code="ImpossibleValue", record=3
    ),
    _arrow(Kind.VALUES, "infinity", _rows(([0], [float("inf")])), status=400, code="ImpossibleValue", record=2),
    _arrow(
        Kind.VALUES,
        "indices that do not ascend",
        _rows(([1, 0], [1.0, 1.0])),
        status=400,
        code="UnsortedIndices",
        record=2,
    ),
    _arrow(Kind.VALUES, "an index twice", _rows(([1, 1], [1.0, 1.0])), status=400, code="UnsortedIndices", record=2),
    _arrow(Kind.VALUES, "a negative index", _rows(([-1], [1.0])), status=400, code="IndexOutOfRange", record=2),
    _arrow(
        Kind.VALUES,
        "an index past the last",
        lambda wire: _stream(wire, ([0], [1.0]), ([_last_feature(wire)], [1.0])),
        status=400,
        code="IndexOutOfRange",
        record=2,
    ),
    _arrow(Kind.VALUES, "more indices than values", _rows(([0, 1], [1.0])), status=400, code="MalformedArrow"),
]


@dataclass(frozen=True, slots=True)
class OddRequest:
    """A request that looks wrong and is not: it gets an answer for each of its records."""

    what: str
    body: bytes | Callable[[], bytes]
    content_type: str
    records: int = 1

    def make(self) -> bytes:
        """Return the body."""
        return self.body if isinstance(self.body, bytes) else self.body()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


ODD = [
    OddRequest("an empty text", b'""', JSON),
    OddRequest("an empty text in CSV", b'""\n', CSV),
    OddRequest("blank lines in CSV", b"\n\n\n", CSV, 3),
    OddRequest("no records", b"[]", JSON, 0),
    OddRequest("whitespace", b" \t\r\n \x0b\x0c", PLAIN),
    OddRequest("only unknown words", b"qqqq zzzz", PLAIN),
    OddRequest("NUL bytes", b"oven\x00flour\x00", PLAIN),
    OddRequest("NUL bytes in CSV", b"oven\x00\n\x00\n", CSV, 2),
    OddRequest("emoji", "\U0001f600\U0001f469\u200d\U0001f680 oven".encode(), PLAIN),
    OddRequest("right-to-left text", "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627".encode(), PLAIN),
    OddRequest("combining marks", ("e" + "\u0301\u0302\u0303" * 5000).encode(), PLAIN),
    OddRequest("half a surrogate pair", b'"\\ud800 oven"', JSON),
    OddRequest("CRLF", b'"oven\r\nflour"\r\nmast\r\n', CSV, 2),
    OddRequest("a byte order mark", b"\xef\xbb\xbf" + b'"oven"', JSON),
    OddRequest("UTF-16 with its mark", "oven\nmast\n".encode("utf-16"), f"{CSV}; charset=utf-16", 2),
    OddRequest("Latin-1, named", "na\u00efve".encode("latin-1"), f"{PLAIN}; charset=latin-1"),
    OddRequest("a single text of 20 MB", lambda: b"oven flour mast \xc3\xa9 " * 1_000_000, PLAIN),
    OddRequest("a header block of 20 MB", lambda: b"Subject:" + b" " * 20_000_000 + b"oven\n\nmast", PLAIN),
    OddRequest("20 MB of one word", lambda: b"a" * 20_000_000, PLAIN),
    OddRequest("100,000 records", lambda: b"oven flour\nmast rudder\n" * 50_000, CSV, 100_000),
    OddRequest("100,000 records in JSON", lambda: _json(["oven", "mast"] * 50_000), JSON, 100_000),
]
