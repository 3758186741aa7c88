"""Trains a model on the channels `train` and `validation` with nothing but hyperparameters."""

from __future__ import annotations

import logging
import pickle
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xgboost as xgb

from ..checkpointing import SaveCheckpoint, load_checkpoint
from ..data_utils import get_content_type, get_dmatrix
from ..errors import UserError
from .hyperparameters import validated
from .metrics import ADDED, MAXIMIZED, added_metrics
from .versions import is_before

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL_NAME = "xgboost-model"

_logger = logging.getLogger(__name__)


class PrintMetrics(xgb.callback.TrainingCallback):  # type: ignore[misc]  # XGBoost is not typed
    """Prints each round's metrics in the form in which AWS's logs show them: its log agent writes a tab as `#011`."""

    def __init__(self, start: int) -> None:
        self._start = start

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Any]]) -> bool:
        """Print `[<round>]`, and each metric of each data set."""
        figures = (
            f"#011{data}-{name}:{values[-1]:.5f}"
            for data, metrics in evals_log.items()
            for name, values in metrics.items()
        )
        print(f"[{self._start + epoch}]{''.join(figures)}", flush=True)
        return False


class SaveOnTermination(xgb.callback.TrainingCallback):  # type: ignore[misc]  # as above
    """Keeps the model of the last round in place, so that one is there when the job is stopped."""

    def __init__(self, model_dir: str) -> None:
        self._path = Path(model_dir) / MODEL_NAME

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save the model in one step."""
        _save(model, self._path)
        return False


def train(
    hyperparameters: Mapping[str, str],
    channels: Mapping[str, Mapping[str, Any]],
    directories: Mapping[str, str],
    model_dir: str,
    checkpoint_dir: str | None,
) -> None:
    """Check everything, train, and leave `xgboost-model`.

    Parameters
    ----------
    hyperparameters : mapping of str to str
        As in `hyperparameters.json`.
    channels : mapping of str to mapping
        As in `inputdataconfig.json`.
    directories : mapping of str to str
        Where each channel's files lie.
    model_dir, checkpoint_dir : str
        Where the model, and its state after each round, go to.

    Raises
    ------
    UserError
        If the hyperparameters, the channels or the data are at fault.
    """
    parameters = validated(hyperparameters)
    data = _matrices(channels, directories, parameters.pop("csv_weights", 0))
    booster = _boosted(parameters, data, model_dir, checkpoint_dir)
    _save(booster, Path(model_dir) / MODEL_NAME)


def _save(booster: Any, path: Path) -> None:
    """Save a model in one step; before 1.3-1 it was pickled, and scripts of that time open it so."""
    unfinished = path.with_name(f".{path.name}.ubj")
    if is_before(1, 3):
        unfinished.write_bytes(pickle.dumps(booster))
    else:
        booster.save_model(str(unfinished))
    unfinished.replace(path)


def _matrices(
    channels: Mapping[str, Mapping[str, Any]], directories: Mapping[str, str], csv_weights: int
) -> dict[str, xgb.DMatrix]:
    """Read the channels; `train` decides of which format all are."""
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    for name in channels:
        if name not in ("train", "validation", "code"):
            raise UserError(f"Extraneous channel found: {name}")
    file_format = get_content_type(channels["train"].get("ContentType"))
    matrices = {}
    for name in ("train", "validation"):
        if name in channels:
            matrix = get_dmatrix(directories[name], file_format, csv_weights)
            if matrix is None:
                raise UserError(
                    f"No data in {'training' if name == 'train' else name} channel path {directories[name]}"
                )
            _logger.info("%s matrix has %d rows and %d columns", name.title(), matrix.num_row(), matrix.num_col())
            matrices[name] = matrix
    return matrices


def _boosted(
    parameters: dict[str, Any], data: Mapping[str, xgb.DMatrix], model_dir: str, checkpoint_dir: str | None
) -> Any:
    rounds = parameters.pop("num_round")
    objective = parameters.get("objective", "")
    metrics = _metrics(parameters)
    own = added_metrics(metrics, objective)
    model, start = load_checkpoint(checkpoint_dir)
    callbacks = _callbacks(parameters, metrics, "validation" in data, start, model_dir, checkpoint_dir)
    builtin = [name for name in metrics if name not in ADDED]
    if builtin:
        parameters["eval_metric"] = builtin
    elif own is not None:
        parameters["disable_default_eval_metric"] = True
    try:
        return xgb.train(
            parameters,
            data["train"],
            num_boost_round=rounds - start,
            evals=[(matrix, name) for name, matrix in data.items()],
            custom_metric=own,
            callbacks=callbacks,
            xgb_model=model,
            verbose_eval=False,
        )
    except (xgb.core.XGBoostError, ValueError) as error:
        raise UserError(f"XGB train call failed with exception:\n {error}") from error


def _metrics(parameters: dict[str, Any]) -> list[str]:
    """The metrics to evaluate: those asked for, and the one that a tuning job looks at."""
    asked = list(parameters.pop("eval_metric", ()))
    tuned = parameters.pop("_tuning_objective_metric", None)
    wanted = tuned.partition(":")[2] if tuned else None
    return [*asked, wanted] if wanted and wanted not in asked else asked


def _callbacks(
    parameters: dict[str, Any],
    metrics: list[str],
    has_validation: bool,
    start: int,
    model_dir: str,
    checkpoint_dir: str | None,
) -> list[Any]:
    callbacks: list[Any] = [PrintMetrics(start)]
    if checkpoint_dir:
        callbacks.append(SaveCheckpoint(checkpoint_dir, start))
    if parameters.pop("save_model_on_termination", "false") == "true":
        callbacks.append(SaveOnTermination(model_dir))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    rounds = parameters.pop("early_stopping_rounds", None)
    if rounds and metrics and has_validation:  # on AWS, too, nothing is stopped early without both
        metric = metrics[-1]
        callbacks.append(
            xgb.callback.EarlyStopping(
                rounds=rounds, metric_name=metric, data_name="validation", maximize=metric in MAXIMIZED, save_best=True
            )
        )
    return callbacks
