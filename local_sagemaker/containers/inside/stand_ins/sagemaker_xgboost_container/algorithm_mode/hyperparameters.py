"""The algorithm's hyperparameters: which there are and which values they take, in the words of AWS's own check."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .metrics import MAXIMIZED, MINIMIZED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}

OBJECTIVES = [
    "binary:hinge",
    "binary:logistic",
    "binary:logitraw",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:map",
    "rank:ndcg",
    "rank:pairwise",
    "reg:absoluteerror",
    "reg:gamma",
    "reg:linear",
    "reg:logistic",
    "reg:pseudohubererror",
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
]

UPDATERS = [
    "grow_colmaker",
    "grow_histmaker",
    "grow_local_histmaker",
    "grow_quantile_histmaker",
    "grow_skmaker",
    "refresh",
    "prune",
    "sync",
    "shotgun",
    "coord_descent",
]

BOOLEANS = ["true", "false"]


@dataclass(frozen=True)
class Interval:
    """Numbers from one to another; a bracket says whether an end belongs to them."""

    text: str

    def __contains__(self, value: float) -> bool:
        low, high = (float(end) for end in self.text.strip("()[]").split(","))
        above = value >= low if self.text.startswith("[") else value > low
        below = value <= high if self.text.endswith("]") else value < high
        return above and below

    def __str__(self) -> str:
        return self.text


def _whole(interval: str) -> tuple[Callable[[str], Any], Any]:
    return int, Interval(interval)


def _real(interval: str) -> tuple[Callable[[str], Any], Any]:
    return float, Interval(interval)


def _one_of(*values: str) -> tuple[Callable[[str], Any], Any]:
    return str, list(values)


_ANY = _whole("(-2147483648,2147483647)")

KNOWN: dict[str, tuple[Callable[[str], Any], Any]] = {
    "num_round": _whole("[1,inf)"),
    "csv_weights": _whole("[0,1]"),
    "early_stopping_rounds": _whole("[1,inf)"),
    "booster": _one_of("gbtree", "gblinear", "dart"),
    "verbosity": _whole("[0,3]"),
    "silent": _whole("[0,1]"),
    "nthread": _whole("[1,inf)"),
    "eta": _real("[0,1]"),
    "gamma": _real("[0,inf)"),
    "max_depth": _whole("[0,inf)"),
    "min_child_weight": _real("[0,inf)"),
    "max_delta_step": _real("[0,inf)"),
    "subsample": _real("(0,1]"),
    "colsample_bytree": _real("(0,1]"),
    "colsample_bylevel": _real("(0,1]"),
    "colsample_bynode": _real("(0,1]"),
    "lambda": _real("[0,inf)"),
    "alpha": _real("[0,inf)"),
    "tree_method": _one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": _real("(0,1)"),
    "scale_pos_weight": _real("(0,inf)"),
    "dsplit": _one_of("row", "col"),
    "refresh_leaf": _whole("[0,1]"),
    "process_type": _one_of("default", "update"),
    "grow_policy": _one_of("depthwise", "lossguide"),
    "max_leaves": _whole("[0,inf)"),
    "max_bin": _whole("[0,inf)"),
    "predictor": _one_of("auto", "cpu_predictor", "gpu_predictor"),
    "sample_type": _one_of("uniform", "weighted"),
    "normalize_type": _one_of("tree", "forest"),
    "rate_drop": _real("[0,1]"),
    "one_drop": _whole("[0,1]"),
    "skip_drop": _real("[0,1]"),
    "lambda_bias": _real("[0,1]"),
    "tweedie_variance_power": _real("(1,2)"),
    "objective": _one_of(*OBJECTIVES),
    "num_class": _whole("[2,inf)"),
    "base_score": _real("[0,inf)"),
    "_kfold": _whole("[2,inf)"),
    "_num_cv_round": _whole("[1,inf)"),
    "_tuning_objective_metric": _one_of(*(f"validation:{name}" for name in (*MAXIMIZED, *MINIMIZED))),
    "seed": _ANY,
    "num_parallel_tree": _whole("[1,inf)"),
    "save_model_on_termination": _one_of(*BOOLEANS),
    "aft_loss_distribution": _one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _real("[0,inf)"),
    "single_precision_histogram": _one_of(*BOOLEANS),
    "deterministic_histogram": _one_of(*BOOLEANS),
    "sampling_method": _one_of("uniform", "gradient_based"),
    "use_dask_gpu_training": _one_of(*BOOLEANS),
}

_NOT_HERE = {
    "_kfold": "k-fold cross validation",
    "_num_cv_round": "k-fold cross validation",
    "use_dask_gpu_training": "GPU training with Dask",
}


def validated(given: Mapping[str, str]) -> dict[str, Any]:
    """Read hyperparameters, each from its text.

    Raises
    ------
    UserError
        If `num_round` is missing, one is unknown, its text is no such value, or it does not go with another.
    """
    named = {ALIASES.get(name, name): value for name, value in given.items()}
    if "num_round" not in named:
        raise UserError("Missing required hyperparameter: num_round")
    read = {name: _read(name, value) for name, value in named.items()}
    read.pop("silent", None)  # of the images up to 1.0-1, for which this one stands in; XGBoost knows it no more
    _check_together(read)
    return read


def _read(name: str, value: str) -> Any:
    if name in _LISTS:
        return _LISTS[name](value)
    if name not in KNOWN:
        raise UserError(f"Extraneous hyperparameter found: {name}")
    parse, allowed = KNOWN[name]
    try:
        parsed = parse(value)
    except ValueError as error:
        raise UserError(f"Hyperparameter {name}: could not parse value") from error
    if parsed not in allowed:
        raise UserError(f"Hyperparameter {name}: {parsed} is not in {allowed}")
    if (name in _NOT_HERE and parsed != "false") or str(parsed).startswith("gpu"):
        raise UserError(
            f"Hyperparameter {name}: {_NOT_HERE.get(name, 'GPU training')} is not part of the local runtime"
        )
    return parsed


def _eval_metrics(value: str) -> list[str]:
    """Read metrics with commas between; `error`, `ndcg` and `map` may have a threshold after `@`."""
    metrics = value.split(",")
    for metric in metrics:
        name, at, threshold = metric.partition("@")
        known = ("error", "ndcg", "map") if at else (*MAXIMIZED, *MINIMIZED)
        if name.strip() not in known or (at and not _is_number(threshold)):
            raise UserError(f"Hyperparameter eval_metric: value {metrics} not in range {list(known)}")
    return metrics


def _is_number(text: str) -> bool:
    try:
        float(text.strip().rstrip("-"))
    except ValueError:
        return False
    return True


def _updaters(value: str) -> str:
    for updater in value.split(","):
        if updater not in UPDATERS:
            raise UserError(f"Hyperparameter updater: value {value} not in range {UPDATERS}")
    return value


def _literal(name: str) -> Callable[[str], Any]:
    def read(value: str) -> str:
        try:
            return str(ast.literal_eval(value))
        except (ValueError, SyntaxError) as error:
            raise UserError(f"Hyperparameter {name}: could not parse value") from error

    return read


_LISTS: dict[str, Callable[[str], Any]] = {
    "eval_metric": _eval_metrics,
    "updater": _updaters,
    "monotone_constraints": _literal("monotone_constraints"),
    "interaction_constraints": _literal("interaction_constraints"),
}


def _check_together(read: Mapping[str, Any]) -> None:
    objective = read.get("objective", "")
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in read:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if "num_class" in read and not objective:
        raise UserError("Do not need to setup parameter 'num_class' for learning task other than multi-classification.")
    metrics = read.get("eval_metric", ())
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")
    if "monotone_constraints" in read and read.get("tree_method") not in ("exact", "hist"):
        raise UserError("monotone_constraints can be used only when tree_method is set to either 'exact' or 'hist'.")
    if "interaction_constraints" in read and read.get("tree_method") not in ("exact", "hist", "approx"):
        raise UserError("interaction_constraints need tree_method set to either 'exact', 'hist' or 'approx'.")
