"""Models saved while training goes on, in `checkpoints/`, and going on from the last of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import xgboost as xgb

CHECKPOINT_FILENAME = "xgboost-checkpoint"

KEPT = 5


def load_checkpoint(checkpoint_dir: str | None) -> tuple[str | None, int]:
    """Find the last checkpoint that can be read, and how many rounds it has."""
    for iteration, path in reversed(_checkpoints(checkpoint_dir)):
        try:
            xgb.Booster().load_model(str(path))
        except xgb.core.XGBoostError:
            continue
        return str(path), iteration + 1
    return None, 0


def _checkpoints(directory: str | None) -> list[tuple[int, Path]]:
    if not directory or not Path(directory).is_dir():
        return []
    names = re.compile(rf"{CHECKPOINT_FILENAME}\.(\d+)")
    found = ((names.fullmatch(path.name), path) for path in Path(directory).iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)


class SaveCheckpoint(xgb.callback.TrainingCallback):  # type: ignore[misc]  # XGBoost is not typed
    """Saves the model after each round, and keeps the last ones.

    Parameters
    ----------
    directory : str
        Where to.
    start : int
        The rounds that were trained before.
    """

    def __init__(self, directory: str, start: int) -> None:
        self._directory = Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._start = start

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save, and remove what is too old."""
        unfinished = self._directory / f"{CHECKPOINT_FILENAME}.sagemaker-ignore.ubj"
        model.save_model(str(unfinished))
        unfinished.replace(self._directory / f"{CHECKPOINT_FILENAME}.{self._start + epoch}")
        for _, path in _checkpoints(str(self._directory))[:-KEPT]:
            path.unlink()
        return False


def train(train_args: dict[str, Any], checkpoint_dir: str | None) -> Any:
    """Call `xgboost.train` so that it goes on from the last checkpoint, and leaves more."""
    model, start = load_checkpoint(checkpoint_dir)
    callbacks = [*(train_args.get("callbacks") or ())]
    if checkpoint_dir:
        callbacks.append(SaveCheckpoint(checkpoint_dir, start))
    rounds = train_args.get("num_boost_round", 10) - start
    return xgb.train(**{**train_args, "xgb_model": model, "callbacks": callbacks, "num_boost_round": rounds})
