"""The container's log: one JSON object per line and event. Nothing of a request goes in, for texts are people's."""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path


def log_event(event: str, **facts: object) -> None:
    """Write one line to stderr, at once and in one piece, since the workers of a container share it."""
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, "pid": os.getpid(), **facts}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


def log_failure(error: Exception) -> None:
    """Say which kind of error came up and where, but not in its own words: they may hold what was sent."""
    frames = traceback.extract_tb(error.__traceback__)
    log_event(
        "failed",
        error=type(error).__name__,
        where=[f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    )
