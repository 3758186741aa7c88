"""Serves it, and opens its files by the paths that people write into their handlers."""

import json
import pickle


def model_fn(model_dir):
    with (
        open("/opt/ml/model/tf_idf_vocab.pkl", "rb") as vocabulary,
        open("/opt/ml/model/classifier.pkl", "rb") as model,
    ):
        return pickle.load(vocabulary), pickle.load(model)


def input_fn(body, content_type):
    return [body]


def predict_fn(texts, model):
    with open("/opt/ml/model/label_json.json") as names:
        labels = json.load(names)
    return labels[str(model[1].predict(model[0].transform(texts))[0])]


def output_fn(label, accept):
    return label, "text/plain"
