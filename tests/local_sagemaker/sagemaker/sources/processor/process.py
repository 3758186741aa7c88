"""A processing script that does what its arguments say, and writes down what it was given."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--task", default="save")
parser.add_argument("--base", default="/opt/ml")
parser.add_argument("--out", default="/opt/ml/processing/out")
parser.add_argument("--times", type=int, default=1)
task, others = parser.parse_known_args()
base, out = Path(task.base), Path(task.out)


def texts(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text(errors="replace")
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def wait() -> None:
    print("waiting", flush=True)
    time.sleep(600)


if task.task == "save":
    Path("here.txt").write_text("the working directory can be written to")
    facts = {
        "arguments": others,
        "variable": os.environ.get("VARIABLE"),
        "files": texts(base / "processing/input"),
        "configuration": json.loads((base / "config/processingjobconfig.json").read_text()),
        "resources": json.loads((base / "config/resourceconfig.json").read_text()),
        "out": out.is_dir(),
        "directory": str(Path.cwd()),
        "relative": Path("opt/ml/processing/input").is_dir(),
    }
    (out / "deep").mkdir()
    (out / "deep" / "facts.json").write_text(json.dumps(facts))
    print("saved")
if task.task == "fail":
    (out / "partial.txt").write_text("not to be seen")
    (base / "output/message").write_text("column 3 is empty: fill it")
    print("this goes wrong", file=sys.stderr)
    sys.exit(3)
if task.task == "wait":
    (out / "first.txt").write_text("written while it runs")
    wait()
if task.task == "message":
    (base / "output/message").write_bytes(bytes.fromhex(others[0]) * task.times)
