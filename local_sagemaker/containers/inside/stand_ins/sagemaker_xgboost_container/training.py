"""The image's training module: `python -m sagemaker_xgboost_container.training` trains without a script."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from .errors import UserError

INSTANCE_FAILED = 1


def main() -> int:
    """Train, and say why where it cannot be done; return the exit code."""
    logging.basicConfig(
        format="[%(asctime)s:%(levelname)s] %(message)s", datefmt="%Y-%m-%d:%H:%M:%S", level=logging.INFO
    )
    logging.info("Running XGBoost Sagemaker in algorithm mode")
    try:
        _train()
    except UserError as error:
        logging.error("%s", error)
        _report(f"framework error: UserError: {error}")
        return INSTANCE_FAILED
    except Exception as error:
        traceback.print_exc()
        _report(f"framework error: {type(error).__name__}: {error}")
        return INSTANCE_FAILED
    return 0


def _train() -> None:
    from .algorithm_mode.train import train  # XGBoost takes time; a wrong call has said so by then

    channels = _configuration("SM_INPUT_DATA_CONFIG_FILE")
    directories = {name: os.environ[f"SM_CHANNEL_{name.upper()}"] for name in channels}
    checkpoints = Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints")
    hyperparameters = _configuration("SM_INPUT_TRAINING_CONFIG_FILE")
    train(hyperparameters, channels, directories, os.environ["SM_MODEL_DIR"], str(checkpoints))


def _configuration(variable: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(os.environ[variable]).read_text(encoding="utf-8"))
    return content


def _report(reason: str) -> None:
    Path(os.environ["SAGEMAKER_BASE_DIR"], "output", "failure").write_text(reason, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
