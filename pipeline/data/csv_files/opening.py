"""Opening a user's file as text: its encoding by its mark or as named, gzip unpacked, what is no CSV refused."""

from __future__ import annotations

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from pipeline.errors import BadInput

_GZIP = b"\x1f\x8b"
_ZIP = b"PK"
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, which it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
"""Byte-order marks, and the codec that reads what begins with one."""

_AS_CSV = "save it as CSV UTF-8 (in Excel: File, Save As)"
_UNPACK = "unpack it first, or compress it with gzip"
_OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an Excel workbook of the old kind (.xls)", _AS_CSV),
    b"ARROW1\0\0": ("an Arrow file", "write it as CSV, for example with pandas: read_feather(...).to_csv(...)"),
    b"SQLite format 3\0": ("an SQLite database", "export the table as CSV"),
    b"%PDF-": ("a PDF", "export its table as CSV"),
    b"BZh91AY&SY": ("bzip2-compressed", _UNPACK),
    b"\xfd7zXZ\0": ("xz-compressed", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("zstd-compressed", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
}
"""What a file that is no CSV begins with: what it is, and what to do."""

_TAR_MARK = slice(257, 262)
_HEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a file's bytes become text."""

    encoding: str
    is_gzipped: bool
    has_mark: bool
    """Whether a byte-order mark says the encoding."""

    @property
    def is_wide(self) -> bool:
        """Whether a character takes two bytes or four, so that bytes cannot be cut into lines."""
        return self.encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))


def form_of(path: Path, encoding: str) -> FileForm:
    """Look at how a file begins.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        What it is read as where it has no byte-order mark.

    Raises
    ------
    BadInput
        If it cannot be read, is no CSV, or is UTF-16 without its mark and not named so.
    """
    with _explained(path):
        with path.open("rb") as file:
            is_gzipped = file.read(len(_GZIP)) == _GZIP
        with _open_bytes(path, is_gzipped) as unpacked:
            head = unpacked.read(_HEAD_BYTES)
        _refuse_other_kinds(path, head)
    marked = next((codec for mark, codec in _MARKS.items() if head.startswith(mark)), None)
    form = FileForm(marked or encoding, is_gzipped, has_mark=marked is not None)
    if marked is None and not form.is_wide and (likely := _unmarked_utf_16(head)):
        raise BadInput(
            f"{path}: it looks like UTF-16 without a byte-order mark. Name the encoding: --encoding {likely}"
        )
    return form


def begins_with(path: Path, mark: bytes) -> bool:
    """Tell whether a file's first bytes are these.

    Raises
    ------
    BadInput
        If it cannot be read.
    """
    with _explained(path), path.open("rb") as file:
        return file.read(len(mark)) == mark


def _unmarked_utf_16(head: bytes) -> str | None:
    """Tell UTF-16 by the NUL that goes with each letter of a header line; one such byte alone may be of a name."""
    first, second = head[0:8:2], head[1:8:2]
    if len(second) < 2:
        return None
    return "utf-16-le" if not any(second) else "utf-16-be" if not any(first) else None


@contextmanager
def open_text(path: Path, form: FileForm, keeps_bad_bytes: bool = False) -> Iterator[TextIO]:
    """Open a file as text with its line ends as they are; what is wrong with its bytes is a `BadInput`.

    With `keeps_bad_bytes` a byte that is not of the encoding becomes a lone surrogate, as Python's `surrogateescape`
    makes it; where a character takes several bytes in any case, what comes after could not be trusted.
    """
    errors = "surrogateescape" if keeps_bad_bytes and not form.is_wide else "strict"
    with _explained(path), _open_bytes(path, form.is_gzipped) as file:
        try:
            with TextIOWrapper(file, form.encoding, errors, newline="") as text:
                yield text
        except UnicodeDecodeError as error:
            where = "" if form.is_wide else _line_of_bad_bytes(path, form)
            raise BadInput(f"{path}{where}: not {error.encoding} ({error.reason}). {_advice(form)}") from error
        except UnicodeError as error:  # of UTF-16 and UTF-32 without their mark
            raise BadInput(f"{path}: {error}. Name the file's encoding with --encoding, for example utf-8.") from error
        except LookupError as error:
            raise BadInput(f"--encoding: {error}.") from error


def _advice(form: FileForm) -> str:
    if form.has_mark:
        return "Its byte-order mark says so; the file is damaged: save it again."
    if form.is_wide:
        return "Name the file's encoding with --encoding, for example utf-8."
    return "Name the file's encoding with --encoding, for example latin-1."


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"{path}: the gzip file is damaged ({error}). Copy or compress it again.") from error
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}.{_copy_first(path)}") from error


def _copy_first(path: Path) -> str:
    if not str(path).startswith("s3:"):
        return ""
    return " A file on this machine is wanted: copy it from S3 first (aws s3 cp)."


def _open_bytes(path: Path, is_gzipped: bool) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if is_gzipped else path.open("rb")


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    kind = next((kind for mark, kind in _OTHER_KINDS.items() if head.startswith(mark)), None)
    if head.startswith((_ZIP + b"\3\4", _ZIP + b"\5\6")):
        kind = _kind_of_zip(path)
    elif head[_TAR_MARK] == b"ustar":
        kind = ("a tar archive", "unpack it first")
    if kind is not None:
        what, advice = kind
        raise BadInput(f"{path} is {what}, not CSV: {advice}.")


def _kind_of_zip(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        names = []
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (.xlsx)", _AS_CSV
    if "mimetype" in names:
        return "an OpenDocument file", "save it as CSV in UTF-8"
    return "a ZIP archive", "unpack it first"


def _line_of_bad_bytes(path: Path, form: FileForm) -> str:
    """Find the first line that does not decode (the text layer reads ahead, so its own position says little)."""
    with _open_bytes(path, form.is_gzipped) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(form.encoding)
            except UnicodeDecodeError:
                return f", line {number}"
    return ""
