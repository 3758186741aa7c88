"""Every part's rows of features, made by the preprocessor's own code, and kept where they were made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession

from preprocessor.features.term_index import HashTable, Vocabulary
from preprocessor.features.term_rows import FittedTerms, Recipe

from .corpus import Columns, Part, read_part
from .tasks import Piece, each_part, kept
from .term_counting import with_copies


@dataclass(frozen=True, slots=True)
class ShippedTerms:
    """Fitted terms without the names of the terms, which only people ask for."""

    recipe: Recipe
    table: HashTable
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, terms: FittedTerms) -> ShippedTerms:
        return cls(terms.recipe, terms.vocabulary.table, np.asarray(terms.weights))

    def fitted(self) -> FittedTerms:
        return FittedTerms(self.recipe, Vocabulary(self.table, tuple), self.weights)


@dataclass(frozen=True, slots=True)
class PartRows:
    """The rows of a part, and the places of their categories."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: NDArray[np.float32]
    n_features: int
    own: NDArray[np.int32]

    @property
    def matrix(self) -> sp.csr_array:
        """The rows as a matrix, shape (n_rows, n_features)."""
        return sp.csr_array((self.values, self.indices, self.indptr), shape=(len(self.own), self.n_features))


@dataclass(frozen=True, slots=True)
class Featurizing:
    """What rows are made of."""

    parts: tuple[Part, ...]
    columns: Columns
    with_copies: bool
    categories: tuple[str, ...]


def rows_of(spark: SparkSession, featurizing: Featurizing, terms: FittedTerms) -> DataFrame:
    """Make the rows of all parts, a piece for each; they lie on the executors' disks."""
    shipped = spark.sparkContext.broadcast(ShippedTerms.of(terms))
    return kept(each_part(spark, len(featurizing.parts), partial(_rows_of_part, featurizing, shipped)))


def _rows_of_part(featurizing: Featurizing, terms: Broadcast[ShippedTerms], number: int) -> Iterable[Piece]:
    records = read_part(featurizing.parts[number], featurizing.columns)
    if featurizing.with_copies:
        records = with_copies(records)
    place = {name: number for number, name in enumerate(featurizing.categories)}
    own = np.fromiter(map(place.__getitem__, records.categories), np.int32, len(records.categories))
    yield 0, rows_of_texts(terms.value.fitted(), records.texts, own)


def rows_of_texts(terms: FittedTerms, texts: list[str], own: NDArray[np.int32]) -> PartRows:
    """Return the rows of some texts."""
    runs = list(terms.rows(texts))
    lengths = [np.diff(run.indptr) for run in runs]
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]) if runs else np.zeros(1)
    return PartRows(
        indptr.astype(np.int32),
        np.concatenate([run.indices for run in runs]) if runs else np.empty(0, np.int32),
        np.concatenate([run.values for run in runs]) if runs else np.empty(0, np.float32),
        len(terms.weights),
        own,
    )
