"""Settings as the images' toolkit hands them to a training script: as its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_arguments(settings: Mapping[str, Any]) -> list[str]:
    """Write hyperparameters as a script gets them."""
    return [part for name, value in sorted(settings.items()) for part in (f"--{name}", str(value))]
