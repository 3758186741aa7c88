"""Fits a LogisticRegression to the scaled columns, their labels in a channel of their own."""

import os
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

if __name__ == "__main__":
    features = np.loadtxt(Path(os.environ["SM_CHANNEL_FEATURES"], "features.csv.out"), delimiter=",")
    labels = np.loadtxt(Path(os.environ["SM_CHANNEL_LABELS"], "labels.csv"))
    model = LogisticRegression().fit(features, labels)
    print(f"training_accuracy={model.score(features, labels)};")
    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"], "model.joblib"))
