"""Writes how far off a slope is, as a property file."""

import json
import sys
import tarfile
from pathlib import Path

BASE = Path(sys.argv[1])


def main() -> None:
    if "--fail" in sys.argv:
        sys.exit("there is nothing to evaluate")
    with tarfile.open(BASE / "model/model.tar.gz") as archive:
        slope = json.load(archive.extractfile("slope.json"))
    rows = (BASE / "test/test.csv").read_text().splitlines()
    pairs = [tuple(map(float, row.split(","))) for row in rows]
    error = sum((y - slope * x) ** 2 for x, y in pairs) / len(pairs)
    if "--nothing" not in sys.argv:
        report = {"regression_metrics": {"mse": {"value": error}}}
        (BASE / "evaluation/evaluation.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main()
