"""Fits a StandardScaler to the columns after the label, and saves it with the code that serves it."""

import os
import shutil
from pathlib import Path

import joblib
import numpy as np
from sklearn.preprocessing import StandardScaler

if __name__ == "__main__":
    model = Path(os.environ["SM_MODEL_DIR"])
    table = np.loadtxt(Path(os.environ["SM_CHANNEL_TRAIN"], "train.csv"), delimiter=",")
    joblib.dump(StandardScaler().fit(table[:, 1:]), model / "model.joblib")
    shutil.copytree(Path(__file__).parent, model / "code")
