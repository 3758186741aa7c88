"""How a job on Spark says why it failed: one line, which becomes the job's `ExitMessage`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from preprocessor.errors import JobRefused

_MESSAGE_BYTES = 1024
_REFUSED = re.compile(r"JobRefused: ([^\n]+)")


def run_job(main: Callable[[], None]) -> None:
    """Run a job's main function; what an executor refuses is said as the driver would say it."""
    try:
        main()
    except Exception as error:
        refused = [str(error)] if isinstance(error, JobRefused) else _REFUSED.findall(str(error))
        if not refused:
            _write_message(f"{type(error).__name__} (the job's log has the trace)")
            raise
        _write_message(refused[0])
        sys.exit(f"error: {refused[0]}")


def _write_message(reason: str) -> None:
    folder = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"), "output")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "message").write_bytes(reason.encode()[:_MESSAGE_BYTES])
