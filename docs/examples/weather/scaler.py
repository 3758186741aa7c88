"""Trains a scaler, and serves it: rows of readings in and out, a label before them is left as it is."""

import io
import os
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler


def model_fn(directory):
    """Load the scaler."""
    return joblib.load(Path(directory) / "scaler.joblib")


def input_fn(body, content_type):
    """Read the rows of a CSV."""
    if content_type != "text/csv":
        raise ValueError(f"{content_type} is not text/csv")
    return pd.read_csv(io.StringIO(body), header=None).to_numpy()


def predict_fn(rows, scaler):
    """Scale the last two columns."""
    return np.hstack([rows[:, :-2], scaler.transform(rows[:, -2:])])


def output_fn(rows, accept):
    """Write CSV where it is asked for, as by a batch transform; else what the next container of a pipeline reads."""
    if accept == "text/csv":
        return "\n".join(",".join(f"{number:.6g}" for number in row) for row in rows), "text/csv"
    packed = io.BytesIO()
    np.save(packed, rows)
    return packed.getvalue(), "application/x-npy"


if __name__ == "__main__":
    readings = pd.read_csv(Path(os.environ["SM_CHANNEL_TRAIN"]) / "readings.csv", header=None)
    scaler = StandardScaler().fit(readings.iloc[:, 1:].to_numpy())
    joblib.dump(scaler, Path(os.environ["SM_MODEL_DIR"]) / "scaler.joblib")
