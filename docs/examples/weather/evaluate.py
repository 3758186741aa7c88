"""A processing job: how often a trained model is right on the rows to test on, as a property file."""

import argparse
import json
import tarfile
from pathlib import Path

import joblib
import pandas as pd

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, default="/opt/ml/processing")
    base = parser.parse_args().base
    with tarfile.open(base / "model" / "model.tar.gz") as packed:
        packed.extractall(base / "model", filter="data")
    model = joblib.load(base / "model" / "model.joblib")
    test = pd.read_csv(base / "test" / "test.csv", header=None)
    accuracy = model.score(test.iloc[:, 1:].to_numpy(), test.iloc[:, 0])
    report = {"metrics": {"accuracy": {"value": accuracy}}}
    (base / "evaluation").mkdir(parents=True, exist_ok=True)
    (base / "evaluation" / "evaluation.json").write_text(json.dumps(report))
