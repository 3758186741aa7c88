"""What the model has learnt: the words that tell most, which categories are alike, and what misled it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist

from pipeline.report.figures.model.explanation import term_parts
from pipeline.report.sources.served_model import ServedModel

if TYPE_CHECKING:
    import scipy.sparse as sp

_EXCERPT = 300


@dataclass(frozen=True, slots=True)
class TellingTerm:
    """A term and what it adds, on average over the category's training texts, to the category's score above the mean
    of all categories.
    """

    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """A record that was classified wrong, and the terms that misled the model."""

    record: int
    """Of the test split, counted from 1."""
    category: str
    taken_for: str
    probability: float
    misleading: list[TellingTerm]
    """What each added to the score of the wrong category above that of the right one."""
    excerpt: str


def category_means(rows: sp.csr_array, labels: NDArray[np.intp], n_categories: int) -> NDArray[np.float32]:
    """Return each category's mean row, shape (n_categories, n_features); 0 throughout without records."""
    import scipy.sparse as sp

    sizes = np.bincount(labels, minlength=n_categories)
    shares = (1 / sizes[labels]).astype(np.float32)
    members = sp.csr_array((shares, (labels, np.arange(len(labels)))), shape=(n_categories, len(labels)))
    means: NDArray[np.float32] = (members @ rows).toarray()
    return means


def telling_terms(
    model: ServedModel, terms: Sequence[str], means: NDArray[np.float32], n_terms: int = 12
) -> dict[str, list[TellingTerm]]:
    """Return each category's most telling terms, the strongest first."""
    found = {}
    for label, category in enumerate(model.categories):
        weight = means[label] * model.weights[:, label]
        order = np.argsort(-weight, kind="stable")[:n_terms].tolist()
        found[category] = [TellingTerm(terms[column], float(weight[column])) for column in order if weight[column] > 0]
    return found


def family_order(means: NDArray[np.float32]) -> list[int]:
    """Order the categories so that those which share words stand side by side: the leaves of a hierarchical clustering
    (average linkage on the cosine distance of the mean rows, less the mean of those), with the closest neighbours.
    """
    if len(means) < 3:
        return list(range(len(means)))
    distances = np.nan_to_num(pdist(means - means.mean(axis=0), "cosine"), nan=1.0).clip(0)
    order: list[int] = leaves_list(linkage(distances, "average", optimal_ordering=True)).tolist()
    return order


def mistakes(
    model: ServedModel,
    terms: Sequence[str],
    rows: sp.csr_array,
    truth: NDArray[np.intp],
    probabilities: NDArray[np.float64],
    texts: Sequence[str],
    n_mistakes: int = 20,
    n_terms: int = 8,
) -> list[Mistake]:
    """Return the wrong answers that the model was surest of."""
    answers = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(answers)), answers]
    wrong = np.flatnonzero(answers != truth)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:n_mistakes].tolist()
    return [
        Mistake(
            record=row + 1,
            category=model.categories[truth[row]],
            taken_for=model.categories[answers[row]],
            probability=float(sure[row]),
            misleading=_misleading(model, terms, rows, row, int(answers[row]), int(truth[row]), n_terms),
            excerpt=_excerpt(texts[row]),
        )
        for row in worst
    ]


def _misleading(
    model: ServedModel, terms: Sequence[str], rows: sp.csr_array, row: int, answer: int, truth: int, n_terms: int
) -> list[TellingTerm]:
    here = slice(rows.indptr[row], rows.indptr[row + 1])
    columns = rows.indices[here]
    parts = term_parts(model, columns, rows.data[here], answer, truth)
    order = np.argsort(-parts, kind="stable")[:n_terms].tolist()
    return [TellingTerm(terms[columns[position]], float(parts[position])) for position in order if parts[position] > 0]


def _excerpt(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _EXCERPT else f"{folded[:_EXCERPT].rsplit(' ', 1)[0]} …"
