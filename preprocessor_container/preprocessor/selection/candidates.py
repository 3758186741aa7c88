"""The candidates of a selection: settings of term weighting, each with settings of the naive Bayes behind it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features.term_weighting import Idf, Weighting

MOST_PASSES = 100
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
    passes: int = 0

    def __post_init__(self) -> None:
        _number("alpha", self.alpha, positive=True)
        if self.background_strength is not None:
            _number("background_strength", self.background_strength, positive=True)
        if _number("background_share", self.background_share) > 1:
            raise ValueError(f"background_share: {self.background_share!r} is above 1")
        if not isinstance(self.fit_prior, bool):
            raise ValueError(f"fit_prior: {self.fit_prior!r} is neither true nor false")
        if not isinstance(self.passes, int) or isinstance(self.passes, bool) or not 0 <= self.passes <= MOST_PASSES:
            raise ValueError(f"passes: {self.passes!r} is no whole number from 0 to {MOST_PASSES}")

    def smoothing(self, weight: NDArray[np.float64]) -> float | NDArray[np.float64]:
        """Return the alpha for features whose values have these sums: the classifier's `background_alpha`."""
        if self.background_strength is None:
            return self.alpha
        total = weight.sum()
        portion = weight / total if total else weight
        even = 1 - self.background_share
        alpha: NDArray[np.float64] = self.background_strength * (self.background_share * portion * len(weight) + even)
        return alpha.clip(_LEAST_ALPHA)

    def prior(self, sizes: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the logarithms of the categories' shares, given how many records each has."""
        shares = sizes / sizes.sum() if self.fit_prior else np.full(len(sizes), 1 / len(sizes))
        logarithms: NDArray[np.float32] = np.log(shares).astype(np.float32)
        return logarithms


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings of both models to try, under the name that the report gives them."""

    name: str
    log_counts: bool
    weighting: Weighting
    subject_weight: float
    classifier: Classifier
    pair_weight: float = 0.0
    keep_stop_words: bool = False
    with_copies: bool = True
    """Whether to learn from the copies too, where there are any."""

    @property
    def feature_settings(self) -> Candidate:
        """How texts become rows: all but name and classifier."""
        return replace(self, name="", classifier=Classifier())

    @property
    def vectorizer_settings(self) -> dict[str, Any]:
        """The parameters of `TextVectorizer` that this candidate decides."""
        return {
            "term_frequency": "log" if self.log_counts else "count",
            **asdict(self.weighting),
            "subject_weight": self.subject_weight,
            "pair_weight": self.pair_weight,
            "keep_stop_words": self.keep_stop_words,
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
    for keeps in ranges.get("keep_stop_words", ()):
        if not isinstance(keeps, bool):
            raise ValueError(f"keep_stop_words: {keeps!r} is neither true nor false")
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
        pair_weight=_number("pair_weight", settings["pair_weight"]),
        keep_stop_words=settings["keep_stop_words"],
    )


def candidates(first: Candidate) -> list[Candidate]:
    """Return what a profile asks for, and what replaces it on data that it does not suit: the words without the stop
    words, all words, and these with their pairs, each with smoothing of several kinds and strengths.

    The most different ones come first, for where there is time for a few alone. "plain" is scikit-learn's TF-IDF of all
    words with a plain naive Bayes.
    """
    plain = replace(
        first,
        name="plain",
        log_counts=False,
        weighting=Weighting(Idf.SMOOTH),
        subject_weight=0.0,
        keep_stop_words=True,
        pair_weight=0.0,
        with_copies=False,
        classifier=Classifier(),
    )
    features = {
        "fewer words": replace(first, keep_stop_words=False, pair_weight=0.0),
        "all words": replace(first, keep_stop_words=True, pair_weight=0.0),
        "words and pairs": replace(first, keep_stop_words=True, pair_weight=1.0),
        "words and lighter pairs": replace(first, keep_stop_words=True, pair_weight=0.5),
    }
    spread = [
        replace(terms, name=f"{words}, {smoothing}", classifier=classifier)
        for smoothing, classifier in _SMOOTHING.items()
        for words, terms in features.items()
    ]
    return [first, *spread[:4], plain, *spread[4:]]


_SMOOTHING = {
    "background 0.1": Classifier(background_strength=0.1, background_share=0.9, passes=8),
    "alpha 0.5": Classifier(alpha=0.5, passes=8),
    "alpha 0.1": Classifier(alpha=0.1, passes=8),
    "background 0.03": Classifier(background_strength=0.03, background_share=0.9, passes=8),
    "background 0.3": Classifier(background_strength=0.3, background_share=0.9, passes=8),
}
