"""The candidates of a selection: settings of term weighting, each with settings of the naive Bayes behind it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB

from ..features.term_weighting import Idf, Weighting

_LEAST_ALPHA = 1e-10


def _number(name: str, value: object, positive: bool = False) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if 0 <= number < math.inf and (number or not positive):
            return number
    raise ValueError(f"{name}: {value!r} is no number {'above 0' if positive else 'from 0 up'}")


@dataclass(frozen=True, slots=True)
class Classifier:
    """The classifier's settings, as its training job takes them.

    Raises
    ------
    ValueError
        If a value is none that the setting takes.
    """

    alpha: float = 0.01
    background_strength: float | None = None
    background_share: float = 0.8
    fit_prior: bool = True

    def __post_init__(self) -> None:
        _number("alpha", self.alpha, positive=True)
        if self.background_strength is not None:
            _number("background_strength", self.background_strength, positive=True)
        if _number("background_share", self.background_share) > 1:
            raise ValueError(f"background_share: {self.background_share!r} is above 1")
        if not isinstance(self.fit_prior, bool):
            raise ValueError(f"fit_prior: {self.fit_prior!r} is neither true nor false")

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
    """Settings of both models to try, under the name that the report gives them."""

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


def grid(first: Candidate, ranges: Mapping[str, Sequence[Any]]) -> list[Candidate]:
    """Return `first`, and it with every combination of the values in `ranges` in the place of its own settings; those
    that weight terms alike stand together.

    Raises
    ------
    ValueError
        If there is no such setting, or a value is none that the setting takes.
    """
    settings = {**first.vectorizer_settings, **asdict(first.classifier)}
    if unknown := sorted(ranges.keys() - settings.keys()):
        raise ValueError(f"{unknown[0]!r} is no setting to try; choose from {', '.join(settings)}")
    for weight in ranges.get("subject_weight", ()):
        if not first.subject_weight:
            raise ValueError("subject_weight: there are no terms to weigh, since the profile's own subject_weight is 0")
        _number("subject_weight", weight, positive=True)
    names = [name for name in settings if name in ranges]
    found = [first]
    for values in product(*(ranges[name] for name in names)):
        chosen = dict(zip(names, values, strict=True))
        candidate = _with(
            {**settings, **chosen}, " ".join(f"{name}={json.dumps(value)}" for name, value in chosen.items())
        )
        if all(replace(candidate, name=other.name) != other for other in found):
            found.append(candidate)
    return found


def _with(settings: Mapping[str, Any], name: str) -> Candidate:
    if settings["term_frequency"] not in ("count", "log"):
        raise ValueError(f"term_frequency: {settings['term_frequency']!r} is neither 'count' nor 'log'")
    floor = settings["category_floor"]
    return Candidate(
        name,
        settings["term_frequency"] == "log",
        Weighting(Idf(settings["idf"]), None if floor is None else _number("category_floor", floor)),
        float(settings["subject_weight"]),
        Classifier(**{field.name: settings[field.name] for field in fields(Classifier)}),
    )


def candidates(first: Candidate) -> list[Candidate]:
    """Return what a profile asks for, and what replaces it on data that it does not suit.

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
