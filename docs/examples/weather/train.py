"""Trains a tree on readings: storm (1) or none (0), temperature, pressure; a script for the scikit-learn image."""

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-leaf-nodes", type=int, default=4)
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    given = parser.parse_args()
    readings = pd.concat(pd.read_csv(file, header=None) for file in sorted(given.train.iterdir()))
    storm, measured = readings.iloc[:, 0], readings.iloc[:, 1:].to_numpy()
    tree = DecisionTreeClassifier(max_leaf_nodes=given.max_leaf_nodes, random_state=0).fit(measured, storm)
    print(f"accuracy={tree.score(measured, storm):.3f};")
    joblib.dump(tree, given.model_dir / "model.joblib")
