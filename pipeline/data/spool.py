"""Records of which it is not known yet to which split they go, and what number their category will have: on the disk,
with four bytes of each in memory.
"""

from __future__ import annotations

import tempfile
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.data.frame import COLUMNS
from pipeline.data.staging import one_field

_BUFFER = 2**20


class Spool:
    """Writes each record as the line that it will be of `train.csv` or `test.csv`, but for its label at the end.

    Parameters
    ----------
    directory : Path
        On whose disk the lines wait, in a file that has no name, so that none is left behind.
    """

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=directory, buffering=_BUFFER)  # noqa: SIM115
        self._text = TextIOWrapper(self._file, "utf-8", newline="", write_through=False)
        self._numbers: dict[str, int] = {}
        self._coded = array("i")

    def __len__(self) -> int:
        return len(self._coded)

    @property
    def categories(self) -> list[str]:
        """The categories, in the order in which they came."""
        return list(self._numbers)

    def add(self, text: str, subject: str, category: str) -> None:
        """Take one record."""
        self._text.write(f"{one_field(text)},{one_field(subject)},{one_field(category)}\n")
        self._coded.append(self._numbers.setdefault(category, len(self._numbers)))

    def labels(self, names: Sequence[str]) -> NDArray[np.int32]:
        """Return each record's label: the position of its category among `names`."""
        positions = {name: position for position, name in enumerate(names)}
        label_of = np.array([positions[name] for name in self._numbers], dtype=np.int32)
        return label_of[np.frombuffer(self._coded, dtype=np.int32)]

    def write(self, paths: Sequence[Path], choice: NDArray[np.bool_], names: Sequence[str]) -> list[Mapping[str, int]]:
        """Give the lines their labels and let each go to the first or the second file.

        Parameters
        ----------
        paths : sequence of Path
            One or two.
        choice : ndarray of shape (n_records,)
            Which records go to the second.
        names : sequence of str
            The categories by their labels.

        Returns
        -------
        list of mapping
            For each file, category → records, in the order in which they came.
        """
        self._text.flush()
        self._file.seek(0)
        files = [path.open("wb", _BUFFER) for path in paths]
        try:
            for file in files:
                file.write(f"{','.join(COLUMNS)}\n".encode())
            return [Counter(found) for found in self._deal(files, choice, names)]
        finally:
            for file in files:
                file.close()

    def _deal(self, files: Sequence[BinaryIO], choice: NDArray[np.bool_], names: Sequence[str]) -> list[dict[str, int]]:
        known = self.categories
        label_of = {name: label for label, name in enumerate(names)}
        endings = [f",{label_of[name]}\n".encode() for name in known]
        writes = [file.write for file in files]
        counts: list[dict[str, int]] = [{} for _ in files]
        for line, code, where in zip(self._file, self._coded, choice.tobytes(), strict=True):
            writes[where](line[:-1] + endings[code])
            counts[where][known[code]] = counts[where].get(known[code], 0) + 1
        return counts

    def close(self) -> None:
        """Forget the records."""
        self._text.close()
