"""What a training job has besides its channels: processors, and a folder that outlives it."""

from __future__ import annotations

import os
from pathlib import Path

from .training_job import base_directory


def checkpoint_directory() -> Path:
    """Return the folder whose content outlives the job, where the job has a `CheckpointConfig`."""
    return base_directory() / "checkpoints"


def n_cpus() -> int:
    """Return how many processors the job has."""
    return int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)
