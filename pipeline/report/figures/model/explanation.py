"""Why a text got its category: each known word's part in the decision, exact for naive Bayes.

The score of a category is its log prior plus, for each term, the term's TF-IDF value times its weight. So the distance
of two categories' scores is a sum with one part for the priors and one for each term, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.report.sources.served_model import ServedModel


@dataclass(frozen=True, slots=True)
class TermPart:
    """One term's part in the distance between two categories."""

    term: str
    count: int
    """How often the term stands in the text."""
    part: float
    """What it adds to the distance, in natural-log units; below 0 it speaks for the other category."""
    share: float | None
    """`part` over the whole distance; all shares and that of the priors sum to 1. None where the distance is 0."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision between the category and the runner-up."""

    category: str
    probability: float
    runner_up: str
    runner_up_probability: float
    difference: float
    """Score of the category less that of the runner-up, before the temperature."""
    temperature: float
    """What that is divided by to be the logarithm of how many times as probable as the runner-up the category is."""
    prior: float
    """What the categories' priors add to the difference."""
    prior_share: float | None
    terms: list[TermPart]
    """Those in the text, the largest part (either way) first."""
    unknown: dict[str, int]
    """Words that no training text held, with how often they stand there."""
    stop_words: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return asdict(self)


def explain(model: ServedModel, text: str, stop_words: Set[bytes]) -> Explanation:
    """Explain the model's decision on a text."""
    text = model.as_received(text)
    rows = model.rows([text])
    scores = model.scores(rows)
    probabilities, tempered = model.probabilities(scores)[0], model.tempered(scores)[0]
    first, second = np.argsort(-scores[0], kind="stable")[:2].tolist()
    parts = term_parts(model, rows.indices, rows.data, first, second)
    prior = float(model.priors[first] - model.priors[second])
    difference = prior + float(parts.sum())
    tokens = Counter(token for token in model.tokens_of(text) if len(token) > 1)
    terms = list(model.vocabulary)
    others = {
        token: count for token, count in tokens.items() if token not in model.vocabulary and not model.of_subject(token)
    }
    return Explanation(
        category=model.categories[first],
        probability=float(probabilities[first]),
        runner_up=model.categories[second],
        runner_up_probability=float(probabilities[second]),
        difference=difference,
        temperature=_ratio(difference, float(tempered[first] - tempered[second])) or 1.0,
        prior=prior,
        prior_share=_ratio(prior, difference),
        terms=[
            TermPart(
                model.readable(terms[rows.indices[position]]),
                tokens[terms[rows.indices[position]]],
                float(parts[position]),
                _ratio(float(parts[position]), difference),
            )
            for position in np.argsort(-np.abs(parts), kind="stable").tolist()
        ],
        unknown=_counted(model, (item for item in others.items() if item[0] not in stop_words)),
        stop_words=_counted(model, (item for item in others.items() if item[0] in stop_words)),
    )


def term_parts(
    model: ServedModel, columns: NDArray[np.int32], values: NDArray[np.float32], category: int, other: int
) -> NDArray[np.float64]:
    """Return what each term of a row adds to the distance of two categories' scores; shape (n_terms,)."""
    weights = model.weights[columns].astype(np.float64)
    parts: NDArray[np.float64] = values.astype(np.float64) * (weights[:, category] - weights[:, other])
    return parts


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _counted(model: ServedModel, items: Iterable[tuple[bytes, int]]) -> dict[str, int]:
    return {model.readable(token): count for token, count in items}
