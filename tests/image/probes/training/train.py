"""A probe that writes down all a training script sees, and ends as its hyperparameters ask."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import neighbour  # type: ignore[import-not-found]

FACTS = "facts.json"


def facts() -> dict[str, object]:
    """Return arguments, toolkit variables and places."""
    return {
        "arguments": sys.argv[1:],
        "environment": {name: value for name, value in os.environ.items() if name.startswith(("SM_", "MY_"))},
        "directory": str(Path.cwd()),
        "own folder": str(Path(__file__).parent),
        "neighbour": neighbour.NAME,
        "channels": {path.name: sorted(file.name for file in path.iterdir()) for path in _channels()},
        "folders": sorted(path.name for path in Path(os.environ["SM_OUTPUT_DATA_DIR"]).parent.iterdir()),
    }


def _channels() -> list[Path]:
    return sorted(Path(os.environ["SM_INPUT_DIR"], "data").iterdir())


def main() -> None:
    """Write the facts as the model, then end as asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--end", default="well")
    end = parser.parse_known_args()[0].end
    Path(os.environ["SM_MODEL_DIR"], FACTS).write_text(json.dumps(facts()))
    if end == "with a failure file":
        Path(os.environ["SM_OUTPUT_DATA_DIR"]).parent.joinpath("failure").write_text("train.csv, line 3: no label\n")
        sys.exit(1)
    if end == "with exit code 3":
        sys.exit(3)
    if end == "with an exception":
        raise ValueError("a bug")


if __name__ == "__main__":
    main()
