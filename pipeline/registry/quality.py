"""What a model scores, in the form of SageMaker Model Monitor's model-quality statistics, which the registry shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

N_BINS = 15


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Return how far the answers' probabilities are from how often they are right, over `N_BINS` equal bins."""
    if not confidences:
        return 0.0
    sums: defaultdict[int, float] = defaultdict(float)
    hits: defaultdict[int, int] = defaultdict(int)
    for confidence, is_right in zip(confidences, right, strict=True):
        where = min(int(confidence * N_BINS), N_BINS - 1)
        sums[where] += confidence
        hits[where] += is_right
    return sum(abs(sums[where] - hits[where]) for where in sums) / len(confidences)


def statistics(
    truth: Sequence[str], answers: Sequence[str], accuracy: float, macro_f1: float, calibration_error: float
) -> dict[str, Any]:
    """Return the JSON: AWS's members, and two more of our own beside them."""
    pairs = Counter(zip(truth, answers, strict=True))
    categories = sorted({*truth, *answers})
    return {
        "version": 0.0,
        "dataset": {"item_count": len(truth), "evaluation_time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"},
        "multiclass_classification_metrics": {
            "confusion_matrix": {
                actual: {answer: pairs[actual, answer] for answer in categories} for actual in categories
            },
            "accuracy": _metric(accuracy),
            "macro_f1": _metric(macro_f1),
            "expected_calibration_error": _metric(calibration_error),
            **_weighted(truth, answers, categories),
        },
    }


def _weighted(truth: Sequence[str], answers: Sequence[str], categories: Sequence[str]) -> dict[str, Any]:
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, answers, labels=list(categories), average="weighted", zero_division=0.0
    )
    return {
        "weighted_precision": _metric(float(precision)),
        "weighted_recall": _metric(float(recall)),
        "weighted_f1": _metric(float(f1)),
    }


def _metric(value: float) -> dict[str, Any]:
    return {"value": value, "standard_deviation": "NaN"}
