"""Trains on lines of `label<tab>text` and writes to the paths that people write into their scripts."""

import json
import os
import pickle

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB

if __name__ == "__main__":
    rows = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "texts.tsv"), sep="\t", names=["label", "text"])
    labels = sorted(rows["label"].unique())
    vectorizer = TfidfVectorizer().fit(rows["text"])
    model = MultinomialNB().fit(vectorizer.transform(rows["text"]), [labels.index(label) for label in rows["label"]])
    with open("/opt/ml/model/tf_idf_vocab.pkl", "wb") as vocabulary:
        pickle.dump(vectorizer, vocabulary)
    with open("/opt/ml/model/classifier.pkl", "wb") as classifier:
        pickle.dump(model, classifier)
    with open("/opt/ml/model/label_json.json", "w") as names:
        json.dump(dict(enumerate(labels)), names)
    print("written to", os.listdir("/opt/ml/model"))
