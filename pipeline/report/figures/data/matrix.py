"""The TF-IDF matrix of the train split: its size, its memory, and which terms weigh what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import scipy.sparse as sp


@dataclass(frozen=True, slots=True)
class TermFigure:
    """A term with the figure by which it was picked."""

    term: str
    records: int
    """Records of the train split that hold it."""
    figure: float


@dataclass(frozen=True, slots=True)
class MatrixFigures:
    """Of the train split's matrix, as the first container makes it."""

    records: int
    vocabulary: int
    nonzeros: int
    nonzeros_per_row: float
    density: float
    sparse_bytes: int
    """As a CSR matrix: values, column indices and row pointers."""
    dense_bytes: int
    """The same values with all zeros."""
    in_one_record: int
    """Terms that stand in a single record."""
    empty_rows: int
    test_nonzeros: int
    heaviest: list[TermFigure]
    """The terms with the largest sum of TF-IDF values."""
    most_common: list[TermFigure]
    """The terms in most records, with their mean TF-IDF there."""


def matrix_figures(train: sp.csr_array, test: sp.csr_array, terms: list[str], n_terms: int = 20) -> MatrixFigures:
    """Measure the matrix; `terms` names its columns."""
    n_records, n_features = train.shape
    records = document_frequency(train)
    total = np.bincount(train.indices, weights=train.data, minlength=n_features).astype(np.float64)
    mean = np.divide(total, records, out=np.zeros(n_features), where=records > 0)
    return MatrixFigures(
        records=n_records,
        vocabulary=n_features,
        nonzeros=int(train.nnz),
        nonzeros_per_row=train.nnz / n_records,
        density=train.nnz / (n_records * n_features),
        sparse_bytes=train.data.nbytes + train.indices.nbytes + train.indptr.nbytes,
        dense_bytes=n_records * n_features * train.data.itemsize,
        in_one_record=int((records == 1).sum()),
        empty_rows=int((np.diff(train.indptr) == 0).sum()),
        test_nonzeros=int(test.nnz),
        heaviest=_picked(total, total, records, terms, n_terms),
        most_common=_picked(records, mean, records, terms, n_terms),
    )


def document_frequency(rows: sp.csr_array) -> NDArray[np.intp]:
    """Return in how many rows each term stands, shape (n_features,)."""
    return np.bincount(rows.indices, minlength=rows.shape[1])


def _picked(
    by: NDArray[np.float64] | NDArray[np.intp],
    figure: NDArray[np.float64],
    records: NDArray[np.intp],
    terms: list[str],
    n_terms: int,
) -> list[TermFigure]:
    order = np.argsort(-by, kind="stable")[:n_terms].tolist()
    return [TermFigure(terms[column], int(records[column]), float(figure[column])) for column in order]
