"""A training script whose score is as good as its hyperparameters; the best `x` is 0.3."""

import argparse
import os
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("-x", type=float, default=0.0)
parser.add_argument("--kind", default="good")
parser.add_argument("--epochs", type=int, default=1)
task, others = parser.parse_known_args()
if task.kind == "failing":
    sys.exit(1)
worth = 1 - abs(task.x - 0.3) - (0.5 if task.kind == "bad" else 0)
if task.kind != "silent":
    for epoch in range(task.epochs):
        print(f"epoch {epoch} score={worth};", flush=True)
if task.kind == "waiting" or (task.kind == "slow-when-bad" and worth < 0.5):
    print("waiting", flush=True)
    time.sleep(600)
Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(f"{sorted(sys.argv[1:])}")
