"""A SageMaker training job as its script sees it: where things lie, and how it says that it failed.

See "How Amazon SageMaker AI Provides Training Information" in the SageMaker Developer Guide.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from ..errors import JobRefused

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


def _place(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or base_directory() / default)


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
