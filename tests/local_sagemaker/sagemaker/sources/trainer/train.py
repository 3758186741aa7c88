"""A training script that does what its hyperparameters say, and saves what it was given."""

import argparse
import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", default="save")
    task, _ = parser.parse_known_args()
    print("loss=0.75; accuracy=0.5;")
    print("loss=0.25; accuracy=0.75;", flush=True)
    if task.task == "fail":
        Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("column 3 of train.csv is empty: fill it")
        Path(os.environ["SM_OUTPUT_DATA_DIR"], "seen.txt").write_text("one line")
        sys.exit(1)
    if task.task == "wait":
        Path(os.environ["SM_MODEL_DIR"], "partial.txt").write_text("saved before the end")
        checkpoints = Path(os.environ["SM_MODEL_DIR"]).parent / "checkpoints"
        (checkpoints / "step.txt").write_text("7")
        print("waiting", flush=True)
        time.sleep(600)
    save()


def save() -> None:
    base = Path(os.environ["SM_MODEL_DIR"]).parent
    channels = {
        name: {
            str(file.relative_to(folder)): file.read_text(errors="replace")
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        for name in json.loads(os.environ["SM_CHANNELS"])
        for folder in [Path(os.environ[f"SM_CHANNEL_{name.upper()}"])]
    }
    facts = {
        "channels": channels,
        "hyperparameters": json.loads(os.environ["SM_HPS"]),
        "variable": os.environ.get("VARIABLE"),
        "resources": json.loads((base / "input/config/resourceconfig.json").read_text()),
        "inputs": json.loads((base / "input/config/inputdataconfig.json").read_text()),
        "checkpoints": sorted(file.name for file in (base / "checkpoints").iterdir()),
    }
    Path(os.environ["SM_MODEL_DIR"], "facts.json").write_text(json.dumps(facts))
    if "VARIABLE" in os.environ:
        Path(os.environ["SM_OUTPUT_DATA_DIR"], "report.txt").write_text("well")


if __name__ == "__main__":
    main()
