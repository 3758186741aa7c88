"""Cuts pairs of numbers into a part for training and one for testing."""

import sys
from pathlib import Path

BASE = Path(sys.argv[1])


def main() -> None:
    if "--fail" in sys.argv:
        sys.exit("there is nothing to prepare")
    lines = (BASE / "input/pairs.csv").read_text().splitlines()
    (BASE / "train/train.csv").write_text("\n".join(lines[::2]))
    (BASE / "test/test.csv").write_text("\n".join(lines[1::2]))


if __name__ == "__main__":
    main()
