"""How the records of CSV and JSON bodies are read and written by `DataProcessing`; a registry by content type."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.http import parse_options_header

from local_sagemaker.sagemaker.transform.data.splitting import lines

csv.field_size_limit(2**31 - 1)  # of the process; the default, 131,072, is shorter than texts are
_OUTPUT_KEY = "SageMakerOutput"
_INPUT_KEY = "SageMakerInput"


class UnreadableRecord(ValueError):
    """A record is not what its content type says. `place` counts from 0 within its request."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it was written. As an int or a float `1.10`, `-0` and `1e400` would come out as others."""

    text: str


class RecordFormat(ABC):
    """Reads a body into values, writes values as a body, and joins an input's value with its output's."""

    family: str
    """Inputs and outputs of one family can be joined."""

    @abstractmethod
    def read(self, body: bytes, single: bool) -> list[Any]:
        """Read the body's records; `single` if the request holds exactly one."""

    @abstractmethod
    def write(self, values: Sequence[Any]) -> bytes:
        """Write records, one a line, without a newline at the end."""

    @abstractmethod
    def join(self, value: Any, output: Any) -> Any:
        """Put an input record and its output together as one record."""


class CsvRecords(RecordFormat):
    """A record is a line, its value the array of its columns, all texts."""

    family = "CSV"

    def read(self, body: bytes, single: bool) -> list[Any]:
        return [_columns(line, place) for place, line in enumerate(lines(body))]

    def write(self, values: Sequence[Any]) -> bytes:
        return b"\n".join(_csv_line(value if isinstance(value, list) else [value]) for value in values)

    def join(self, value: Any, output: Any) -> Any:
        return [*value, *output]


class JsonLines(RecordFormat):
    """A record is a JSON value on a line of its own."""

    family = "JSON"

    def read(self, body: bytes, single: bool) -> list[Any]:
        return [_value(line, place) for place, line in enumerate(lines(body))]

    def write(self, values: Sequence[Any]) -> bytes:
        return b"\n".join(map(_json, values))

    def join(self, value: Any, output: Any) -> Any:
        if isinstance(value, dict):
            return {**value, _OUTPUT_KEY: output}
        return {_INPUT_KEY: value, _OUTPUT_KEY: output}


class Json(JsonLines):
    """A record is a JSON value: the whole body where the request has one record, else a line each."""

    def read(self, body: bytes, single: bool) -> list[Any]:
        return [_value(body, 0)] if single else super().read(body, single)


_FORMATS: dict[str, RecordFormat] = {
    "text/csv": CsvRecords(),
    "application/json": Json(),
    "application/jsonlines": JsonLines(),
    "application/x-jsonlines": JsonLines(),
}
READABLE = tuple(_FORMATS)


def record_format(content_type: str | None) -> RecordFormat | None:
    """Find the format of a content type, its parameters aside; None if there is none."""
    return _FORMATS.get(parse_options_header(content_type)[0].lower())


def _csv_line(fields: Sequence[Any]) -> bytes:
    """Write one record; before Python 3.11.9 and 3.12.3 `csv` quotes a lone carriage return only if its lines end in
    one.
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(fields)
    return text.getvalue().removesuffix("\r\n").encode()


def _columns(line: bytes, place: int) -> list[str]:
    try:
        rows = list(csv.reader([line.decode().removesuffix("\r")], strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise UnreadableRecord(place, f"is not CSV: {error}") from error
    return rows[0] or [""]  # csv takes an empty line for no columns; it is one, with nothing in it


def _value(text: bytes, place: int) -> Any:
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except RecursionError as error:
        raise UnreadableRecord(place, "is nested too deeply") from error
    except ValueError as error:
        raise UnreadableRecord(place, f"is not JSON: {error}") from error


def _json(value: Any) -> bytes:
    try:
        return _text(value, ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can say and UTF-8 cannot
        return _text(value, ascii=True).encode()


def _text(value: Any, *, ascii: bool) -> str:
    """Write a value as `json.dumps` does, but for numbers: the standard library has no way to leave them alone."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        members = (f"{json.dumps(name, ensure_ascii=ascii)}:{_text(of, ascii=ascii)}" for name, of in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join([_text(element, ascii=ascii) for element in value])}]"
    return json.dumps(value, ensure_ascii=ascii)
