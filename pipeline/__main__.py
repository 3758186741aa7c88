"""`python -m pipeline`: hand over to the command line, or say how to set up when the packages are not there."""

from __future__ import annotations

import gc
import sys

from pipeline.console import interrupted

_NEW_OBJECTS = 100_000
"""Before the garbage collector looks: importing makes hundreds of thousands, and few of them are garbage."""


def main() -> None:
    """Run the command line; an interruption while that is still being imported ends like one in a command."""
    try:
        _run()
    except KeyboardInterrupt:
        raise interrupted() from None


def _run() -> None:
    gc.set_threshold(_NEW_OBJECTS)
    try:
        from pipeline.cli import cli
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("pipeline"):
            raise
        sys.exit(
            f"The package {error.name!r} is not installed for {sys.executable}: run `make setup`, then use "
            f".venv/bin/python."
        )
    try:
        cli(prog_name="python -m pipeline")
    finally:
        gc.freeze()  # what is left goes with the process: to look through all of the SDK once more takes a second


if __name__ == "__main__":
    main()
