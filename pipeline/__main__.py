"""`python -m pipeline`: hand over to the command line, or say how to set up when the packages are not there."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from pipeline.cli import cli
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("pipeline"):
            raise
        sys.exit(
            f"The package {error.name!r} is not installed for {sys.executable}: run `make setup`, then use "
            f".venv/bin/python."
        )
    cli(prog_name="python -m pipeline")


if __name__ == "__main__":
    main()
