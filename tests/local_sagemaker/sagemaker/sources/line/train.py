"""Fits the slope of a line through the origin."""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    if "--fail" in sys.argv and "yes" in sys.argv:
        Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("the line is crooked")
        sys.exit(1)
    rows = Path(os.environ["SM_CHANNEL_TRAIN"], "train.csv").read_text().splitlines()
    pairs = [tuple(map(float, row.split(","))) for row in rows]
    slope = sum(x * y for x, y in pairs) / sum(x * x for x, _ in pairs)
    Path(os.environ["SM_MODEL_DIR"], "slope.json").write_text(json.dumps(slope))


if __name__ == "__main__":
    main()
