"""Runs the server in the foreground: `python -m local_sagemaker`. Commands start it by themselves, detached.

With a command behind it (`python -m local_sagemaker status`) it is `local-sagemaker`, for a checkout where that is not
installed.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from local_sagemaker.errors import LocalServerError
from local_sagemaker.state import StateDirectory


def main() -> int:
    """Serve until a signal, or run the command that is named; return the exit code."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--state", type=Path)
    given, rest = parser.parse_known_args()
    if rest:
        from local_sagemaker import cli  # the server has no use for it

        cli.main(prog_name="python -m local_sagemaker")
    return _serve(StateDirectory(given.state.resolve()) if given.state else StateDirectory.default())


def _serve(state: StateDirectory) -> int:
    from local_sagemaker.database import UnusableState  # commands have no use for these, which take time
    from local_sagemaker.server.process import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        serve(state)
    except (LocalServerError, UnusableState) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{state.root} cannot be used: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
