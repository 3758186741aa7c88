"""Hands `python -m pip …` to uv, which is told this Python and where packages go."""

import os
import sys


def main() -> None:
    uv = os.environ["SAGEMAKER_LOCAL_UV"]
    command, *rest = sys.argv[1:] or ["help"]
    target = ["--target", os.environ["PIP_TARGET"]] if command == "install" else []
    python = [] if command == "help" else ["--python", sys.executable]
    os.execv(uv, [uv, "pip", command, *python, *target, *rest])  # noqa: S606  # the same process goes on as uv


if __name__ == "__main__":
    main()
