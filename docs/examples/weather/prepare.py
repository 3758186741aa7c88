"""A processing job: splits readings into rows to train on, rows to test on, and the latter without what they are of."""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, default="/opt/ml/processing")
    parser.add_argument("--test-share", type=float, default=0.25)
    given = parser.parse_args()
    readings = pd.read_csv(given.base / "input" / "readings.csv", header=None)
    train, test = train_test_split(readings, test_size=given.test_share, stratify=readings[0], random_state=0)
    for name, rows in {"train": train, "test": test, "unlabelled": test.iloc[:, 1:]}.items():
        (given.base / name).mkdir(parents=True, exist_ok=True)
        rows.to_csv(given.base / name / f"{name}.csv", header=False, index=False)
    print(f"{len(train)} rows to train on, {len(test)} to test on")
