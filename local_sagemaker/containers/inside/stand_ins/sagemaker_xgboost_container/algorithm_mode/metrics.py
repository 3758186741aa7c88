"""The metrics that the algorithm names: XGBoost's own, and those that the image adds by scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ADDED = [
    "accuracy",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "mse",
    "r2",
    "precision",
    "precision_macro",
    "precision_micro",
    "recall",
    "recall_macro",
    "recall_micro",
]

MAXIMIZED = (*(name for name in ADDED if name != "mse"), "auc", "aucpr", "map", "ndcg")

MINIMIZED = [
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
]


def added_metrics(names: Iterable[str], objective: str) -> Callable[[Any, Any], list[tuple[str, float]]] | None:
    """Make XGBoost's `custom_metric` of those names that are the image's; None without any."""
    wanted = [name for name in names if name in ADDED]

    def evaluated(predictions: Any, data: Any) -> list[tuple[str, float]]:
        return [(name, _value(name, predictions, data.get_label(), objective)) for name in wanted]

    return evaluated if wanted else None


def _value(name: str, predictions: Any, labels: Any, objective: str) -> float:
    from sklearn import metrics

    if name in ("mse", "r2"):
        return float((metrics.mean_squared_error if name == "mse" else metrics.r2_score)(labels, predictions))
    classes = _classes(predictions, objective)
    if name in ("accuracy", "balanced_accuracy"):
        score = metrics.accuracy_score if name == "accuracy" else metrics.balanced_accuracy_score
        return float(score(labels, classes))
    kind, _, average = name.partition("_")
    score = {"f1": metrics.f1_score, "precision": metrics.precision_score, "recall": metrics.recall_score}[kind]
    return float(score(labels, classes, average=average or ("macro" if kind == "f1" else "binary"), zero_division=0))


def _classes(predictions: Any, objective: str) -> Any:
    """Make classes of what a booster predicts: of probabilities, of a margin, or of classes."""
    if predictions.ndim > 1:
        return np.argmax(predictions, axis=-1)
    if objective.startswith("binary:"):
        return (predictions > (0 if objective == "binary:logitraw" else 0.5)).astype(int)
    return np.rint(predictions).astype(int)
