"""Trains XGBoost on readings with a label before them, in script mode, and serves it: a row in, a probability out."""

import argparse
import os
from pathlib import Path

import xgboost as xgb
from sagemaker_xgboost_container.data_utils import get_dmatrix


def model_fn(directory):
    """Load the booster; the image makes a DMatrix of a request and writes the answer by itself."""
    booster = xgb.Booster()
    booster.load_model(Path(directory) / "xgboost-model")
    return booster


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--max_depth", type=int, default=3)
    parser.add_argument("--num_round", type=int, default=20)
    given = parser.parse_args()
    data = get_dmatrix(os.environ["SM_CHANNEL_TRAIN"], "text/csv")
    parameters = {"objective": "binary:logistic", "max_depth": given.max_depth}
    booster = xgb.train(parameters, data, num_boost_round=given.num_round, evals=[(data, "train")])
    booster.save_model(Path(os.environ["SM_MODEL_DIR"]) / "xgboost-model")
