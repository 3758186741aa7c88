"""What choosing chooses from: ways to weight terms, each with a way to smooth the naive Bayes behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB

from term_weighting import Idf, Weighting

_LEAST_ALPHA = 1e-10


@dataclass(frozen=True, slots=True)
class Classifier:
    """The classifier's settings, as its training job takes them."""

    alpha: float = 0.01
    background_strength: float | None = None
    background_share: float = 0.8
    fit_prior: bool = True

    def fit(self, rows: sp.csr_matrix, categories: NDArray[np.intp]) -> MultinomialNB:
        """Fit the naive Bayes that the second training job would fit on the same rows."""
        return MultinomialNB(alpha=self._alpha(rows), fit_prior=self.fit_prior).fit(rows, categories)

    def _alpha(self, rows: sp.csr_matrix) -> float | NDArray[np.float64]:
        """The classifier's `background_prior.background_alpha`, over the features that these rows have."""
        if self.background_strength is None:
            return self.alpha
        weight = np.bincount(rows.indices, weights=rows.data, minlength=rows.shape[1])
        n_features, total = np.count_nonzero(weight), weight.sum()
        portion = weight / total if total else weight
        even = 1 - self.background_share
        alpha = self.background_strength * (self.background_share * portion * n_features + even)
        return alpha.clip(_LEAST_ALPHA)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to go, under the name that the report gives it."""

    name: str
    log_counts: bool
    weighting: Weighting
    subject_weight: float
    classifier: Classifier

    @property
    def vectorizer_settings(self) -> dict[str, Any]:
        """The parameters of `TextVectorizer` that this candidate decides."""
        return {
            "term_frequency": "log" if self.log_counts else "count",
            **asdict(self.weighting),
            "subject_weight": self.subject_weight,
        }


def candidates(first: Candidate) -> list[Candidate]:
    """Return what a profile asks for, and what stands in for it on data that it does not suit.

    The last one is plain TF-IDF with a plain naive Bayes: the choice is never worse than that on the evidence at hand.
    """
    learnt = replace(first.classifier, fit_prior=True)
    even = replace(learnt, background_strength=None)
    plain = replace(first, name="plain", log_counts=False, weighting=Weighting(Idf.SMOOTH), classifier=Classifier())
    return [
        first,
        replace(first, name="learnt prior", classifier=learnt),
        replace(first, name="learnt prior, even smoothing", classifier=even),
        replace(plain, name="plain weights", classifier=learnt),
        plain,
    ]
