"""A file as the kind of table that it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.data.csv_files.opening import begins_with
from pipeline.data.tables.csv_table import CsvTable
from pipeline.data.tables.files import local_files
from pipeline.data.tables.rows import Table

_PARQUET = b"PAR1"


def open_table(
    path: Path,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    wanted: Sequence[str] = (),
    name: str | None = None,
) -> Table:
    """Open a file: Parquet if it begins so, else delimited text, for which all but `path` and `name` are (see
    `CsvTable`).

    Parameters
    ----------
    name : str, optional
        What messages call the file.

    Raises
    ------
    BadInput
        If it is neither, or cannot be read.
    """
    if not begins_with(path, _PARQUET):
        return CsvTable(path, encoding, delimiter, wanted, name)
    from pipeline.data.tables.parquet_table import ParquetTable  # Arrow takes its time to come

    return ParquetTable(path, name)


def opened_tables(given: Iterable[str], encoding: str, delimiter: str | None, wanted: Sequence[str]) -> list[Table]:
    """Open the files on this machine that the user named, those of a folder by their names; raises as `open_table`
    and `local_files` do.
    """
    return [open_table(file.path, encoding, delimiter, wanted) for name in given for file in local_files(name)]
