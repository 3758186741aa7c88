"""One-vs-rest ROC and precision-recall curves for every category, of any probabilities; and the reference's own
classifier, one-vs-rest `MultinomialNB`, to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

if TYPE_CHECKING:
    import scipy.sparse as sp

_GRID = 200
"""A curve is drawn through its points on a grid so fine; nobody sees more, and a page holds hundreds of curves."""

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class CategoryCurves:
    """A category against all others."""

    auc: float
    average_precision: float
    roc: Points
    """False and true positive rate."""
    precision_recall: Points
    """Recall and precision."""


def curves(truth: NDArray[np.intp], probabilities: NDArray[np.float64]) -> list[CategoryCurves | None]:
    """Return each category's curves; None where no test record, or every one, is of the category."""
    return [_curves(truth == label, probabilities[:, label]) for label in range(probabilities.shape[1])]


def _curves(positive: NDArray[np.bool_], probability: NDArray[np.float64]) -> CategoryCurves | None:
    if positive.all() or not positive.any():
        return None
    false_rate, true_rate, _ = roc_curve(positive, probability)
    precision, recall, _ = precision_recall_curve(positive, probability)
    return CategoryCurves(
        auc=float(roc_auc_score(positive, probability)),
        average_precision=float(average_precision_score(positive, probability)),
        roc=_thinned(false_rate, true_rate),
        precision_recall=_thinned(recall[::-1], precision[::-1]),
    )


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    """Keep the first and last point in each cell of the grid."""
    cell = np.round(x * _GRID) * (_GRID + 1) + np.round(y * _GRID)
    change = np.diff(cell) != 0
    kept = np.concatenate([[True], change]) | np.concatenate([change, [True]])
    return x[kept], y[kept]


def one_vs_rest(
    train: sp.csr_array, labels: NDArray[np.intp], test: sp.csr_array, n_categories: int, alpha: float
) -> NDArray[np.float64]:
    """Return the probabilities of the reference's `OneVsRestClassifier(MultinomialNB(alpha))` on the test rows.

    Returns
    -------
    ndarray of shape (n_test, n_categories)
        0 for a category without training records.
    """
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.naive_bayes import MultinomialNB

    fitted = OneVsRestClassifier(MultinomialNB(alpha=alpha)).fit(train, labels)
    found = np.zeros((test.shape[0], n_categories))
    found[:, fitted.classes_] = fitted.predict_proba(test)
    return found
