"""Handlers that open the model's files by the paths that they have in a container, whatever `model_fn` is told."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np


def model_fn(model_dir: str) -> Any:
    with Path("/opt/ml/model/tf_idf_vocab.pkl").open("rb") as file:
        return pickle.load(file)


def input_fn(body: str, content_type: str) -> list[str]:
    if content_type != "text/csv":
        raise ValueError(f"{content_type} is not text/csv")
    return body.strip().split("\n")


def predict_fn(texts: list[str], model: Any) -> np.ndarray:
    vectorizer, classifier = model
    predicted: np.ndarray = classifier.predict(vectorizer.transform(texts))
    return predicted


def output_fn(predicted: np.ndarray, accept: str) -> tuple[str, str]:
    with Path("/opt/ml/model/label_json.json").open() as file:
        names = json.load(file)
    return json.dumps([names[str(label)] for label in predicted]), "application/json"
