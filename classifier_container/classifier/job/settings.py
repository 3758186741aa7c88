"""A training job's settings, which a script gets as arguments."""

from __future__ import annotations

import argparse
from typing import NoReturn

from ..errors import JobRefused


class SettingsParser(argparse.ArgumentParser):
    """An argument parser whose complaints are the job's failure reason."""

    def error(self, message: str) -> NoReturn:
        raise JobRefused(f"hyperparameters: {message}")


def boolean(value: str) -> bool:
    """Read a boolean as SageMaker's toolkit writes it, or as JSON does."""
    if value not in ("True", "False", "true", "false"):
        raise argparse.ArgumentTypeError(f"{value!r} is neither True nor False")
    return value.lower() == "true"
