"""A SageMaker training job as its script sees it: where things lie, which settings it was given, and how it says that
it failed.

See "How Amazon SageMaker AI Provides Training Information" in the SageMaker Developer Guide.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from preprocessor_errors import JobRefused

_FAILURE_CHARACTERS = 1024
"""What SageMaker keeps of the failure file."""


def base_directory() -> Path:
    """Return where a container finds and leaves everything: `/opt/ml`, unless the environment says otherwise."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def channel(name: str) -> Path:
    """Return the folder of an input channel."""
    return _place(f"SM_CHANNEL_{name.upper()}", f"input/data/{name}")


def model_directory() -> Path:
    """Return the folder that becomes `model.tar.gz`."""
    return _place("SM_MODEL_DIR", "model")


def output_data_directory() -> Path:
    """Return the folder that becomes `output.tar.gz`."""
    return _place("SM_OUTPUT_DATA_DIR", "output/data")


def checkpoint_directory() -> Path:
    """Return the folder whose content outlives the job, where the job has a `CheckpointConfig`."""
    return base_directory() / "checkpoints"


def n_cpus() -> int:
    """Return how many processors the job has."""
    return int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)


def _place(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or base_directory() / default)


class SettingsParser(argparse.ArgumentParser):
    """An argument parser whose complaints are the job's failure reason."""

    def error(self, message: str) -> NoReturn:
        raise JobRefused(f"hyperparameters: {message}")


def run_job(main: Callable[[], None]) -> None:
    """Run a job's main function; where it fails, leave one line in the failure file, which becomes the job's
    `FailureReason`.

    A `JobRefused` ends the process with status 1 and that line on stderr; any other exception keeps its trace.
    """
    try:
        main()
    except JobRefused as error:
        _write_failure(str(error))
        sys.exit(f"error: {error}")
    except Exception as error:
        _write_failure("".join(traceback.format_exception_only(error)).strip() + " (the job's log has the trace)")
        raise


def _write_failure(reason: str) -> None:
    directory = _place("SM_OUTPUT_DIR", "output")
    directory.mkdir(parents=True, exist_ok=True)
    one_line = " ".join(reason.split())
    (directory / "failure").write_text(one_line[:_FAILURE_CHARACTERS], encoding="utf-8")
