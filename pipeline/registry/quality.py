"""What a model scores, in the form of SageMaker Model Monitor's model-quality statistics, which the registry shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

N_BINS = 15


class Calibration:
    """How far the answers' probabilities are from how often they are right, over `N_BINS` equal bins."""

    def __init__(self) -> None:
        self._n = 0
        self._sums: defaultdict[int, float] = defaultdict(float)
        self._hits: defaultdict[int, int] = defaultdict(int)

    def add(self, confidence: float, is_right: bool) -> None:
        """Take in one answer."""
        where = min(int(confidence * N_BINS), N_BINS - 1)
        self._n += 1
        self._sums[where] += confidence
        self._hits[where] += is_right

    @property
    def error(self) -> float:
        """The expected calibration error of the answers so far."""
        if not self._n:
            return 0.0
        return sum(abs(self._sums[where] - self._hits[where]) for where in self._sums) / self._n


def statistics(
    counts: Mapping[tuple[str, str], int], accuracy: float, macro_f1: float, calibration_error: float
) -> dict[str, Any]:
    """Return the JSON: AWS's members, and two more of our own beside them.

    Parameters
    ----------
    counts : mapping
        (category, answer) → records.
    accuracy, macro_f1, calibration_error : float
        Of the same answers.
    """
    categories = sorted({name for pair in counts for name in pair})
    return {
        "version": 0.0,
        "dataset": {"item_count": sum(counts.values()), "evaluation_time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"},
        "multiclass_classification_metrics": {
            "confusion_matrix": {
                actual: {answer: counts.get((actual, answer), 0) for answer in categories} for actual in categories
            },
            "accuracy": _metric(accuracy),
            "macro_f1": _metric(macro_f1),
            "expected_calibration_error": _metric(calibration_error),
            **_weighted(counts, categories),
        },
    }


def _weighted(counts: Mapping[tuple[str, str], int], categories: Sequence[str]) -> dict[str, Any]:
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        [actual for actual, _ in counts],
        [answer for _, answer in counts],
        labels=list(categories),
        average="weighted",
        zero_division=0.0,
        sample_weight=list(counts.values()),
    )
    return {
        "weighted_precision": _metric(float(precision)),
        "weighted_recall": _metric(float(recall)),
        "weighted_f1": _metric(float(f1)),
    }


def _metric(value: float) -> dict[str, Any]:
    return {"value": value, "standard_deviation": "NaN"}
