"""Runs the server in the foreground: `python -m local_sagemaker`. Commands start it by themselves, detached."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from local_sagemaker.database import UnusableState
from local_sagemaker.errors import LocalServerError
from local_sagemaker.server.process import serve
from local_sagemaker.state import StateDirectory


def main() -> int:
    """Serve until a signal; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local_sagemaker", description=__doc__)
    parser.add_argument(
        "--state", type=Path, help="the state directory (default: SAGEMAKER_LOCAL_STATE, or the checkout's)"
    )
    state_directory: Path | None = parser.parse_args().state
    state = StateDirectory(state_directory.resolve()) if state_directory else StateDirectory.default()
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
