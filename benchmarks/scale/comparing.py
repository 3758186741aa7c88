"""Two trained pipelines beside each other: what has to be the same, and how far apart the rest is."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier_container.classifier.artefact.serving_files import load_model
from classifier_container.classifier.wire.feature_stream import read_features
from preprocessor_container.preprocessor.artefact.serving_files import load_serving
from preprocessor_container.preprocessor.wire.arrow_stream import Wire

_SUMS = ("feature_count_", "feature_log_prob_", "class_log_prior_")
_COUNTS = ("n_records", "n_copies", "n_features", "n_nonzero")
_TEXTS_AT_ONCE = 1000
_ANY = 2**62


@dataclass(frozen=True, slots=True)
class Trained:
    """Both artefacts, unpacked."""

    preprocessor: Path
    classifier: Path

    def array(self, container: str, name: str) -> NDArray[Any]:
        """Read an array of what serves."""
        found: NDArray[Any] = np.load(getattr(self, container) / "serving" / f"{name}.npy")
        return found

    def manifest(self, container: str) -> dict[str, Any]:
        """Read a manifest."""
        found: dict[str, Any] = json.loads((getattr(self, container) / "manifest.json").read_bytes())
        return found

    def answers(self, texts: Sequence[str]) -> list[str]:
        """Return the categories of texts, as the containers answer."""
        serving, model = load_serving(self.preprocessor / "serving"), load_model(self.classifier / "serving")
        wire = Wire(len(serving.terms.weights), serving.fingerprint)

        def answered() -> Iterator[str]:
            for first in range(0, len(texts), _TEXTS_AT_ONCE):
                some = list(texts[first : first + _TEXTS_AT_ONCE])
                rows = read_features(wire.encode(serving.terms.rows(some)), model.space)
                yield from (model.categories[place] for place in model.scores(rows).argmax(axis=1).tolist())

        return list(answered())


@dataclass(frozen=True, slots=True)
class Difference:
    """How another engine's models differ from those of the plain one."""

    same_terms: bool
    """The vocabulary, in its order."""
    same_counts: bool
    """Of records, copies, features and values, and the records of each category."""
    same_choice: bool
    sums: float
    """The most that a sum of the naive Bayes, or a logarithm made of sums, is off, of its own size."""
    term_weights_ulp: int
    weights_ulp: int
    """The most that a weight is off, in units in its last place."""
    n_weights_off: int
    """How many weights of the classifier are off by more than one unit in the last place."""
    n_other_answers: int
    n_texts: int

    def as_dict(self) -> dict[str, Any]:
        """Return what the JSON file holds of it."""
        return asdict(self)


def difference(plain: Trained, other: Trained, texts: Sequence[str]) -> Difference:
    """Compare the models of two engines, and what they answer."""
    estimators = [pickle.loads((one.classifier / "model.joblib").read_bytes()) for one in (plain, other)]
    weights = [one.array("classifier", "weights") for one in (plain, other)]
    answers = [one.answers(texts) for one in (plain, other)]
    off = ulp(*weights)
    return Difference(
        _vocabulary(plain) == _vocabulary(other),
        _counts(plain) == _counts(other) and bool((estimators[0].class_count_ == estimators[1].class_count_).all()),
        _choice(plain) == _choice(other),
        max(relative(*(getattr(estimator, name) for estimator in estimators)) for name in _SUMS),
        int(ulp(*(one.array("preprocessor", "term_weights") for one in (plain, other))).max(initial=0)),
        int(off.max(initial=0)),
        int((off > 1).sum()),
        sum(one != another for one, another in zip(*answers, strict=True)),
        len(texts),
    )


def _vocabulary(trained: Trained) -> bytes:
    return (trained.preprocessor / "serving" / "vocabulary.json").read_bytes()


def _counts(trained: Trained) -> list[Any]:
    facts = [trained.manifest(container) for container in ("preprocessor", "classifier")]
    return [one.get(name) for one in facts for name in _COUNTS]


def _choice(trained: Trained) -> Any:
    """Return what was chosen, on what evidence; without the time that it took."""
    selection = trained.manifest("preprocessor").get("selection") or {}
    return {
        name: value for name, value in selection.items() if name not in ("seconds", "sampled_records", "all_records")
    }


def ulp(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return how many units in the last place each number is off."""
    return np.asarray(np.testing.assert_array_max_ulp(one, other, maxulp=_ANY))


def relative(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the most that a number is off, of its own size."""
    size = np.maximum(np.abs(one), np.abs(other))
    return float(np.max(np.abs(one - other) / np.where(size > 0, size, 1), initial=0))
