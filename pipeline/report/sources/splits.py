"""What a run was trained and is tested on: both splits and the stop words, as they lie in S3."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Run
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download, read_text
from pipeline.data.frame import read_frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Split:
    """One split: texts and the positions of their categories."""

    texts: list[str]
    labels: NDArray[np.intp]
    """Shape (n_records,): positions in the model's list of categories."""

    @classmethod
    def of_frame(cls, frame: pd.DataFrame, categories: tuple[str, ...]) -> Split:
        """Number the categories of a frame as the model does, which sorts their names."""
        positions = {name: position for position, name in enumerate(categories)}
        return cls(frame["data"].tolist(), np.array([positions[name] for name in frame["label_names"]], dtype=np.intp))


def read_split(session: Session, run: Run, name: str) -> pd.DataFrame:
    """Return the `train` or `test` split of a run."""
    where = runs.place(session.home, run.id) / name / f"{name}.csv"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"{name}.csv"
        download(session.s3, Location.parse(run.test_uri) if name == "test" else where, path)
        return read_frame(path)


def read_stop_words(session: Session, run: Run) -> frozenset[bytes]:
    """Return the stop words that the run's first job was given."""
    text = read_text(session.s3, runs.place(session.home, run.id) / "stopwords" / "stopwords.txt") or ""
    return frozenset(word.strip().encode() for word in text.split("\n") if word.strip())
