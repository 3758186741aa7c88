"""A script as many are: it finds its data by a variable and leaves its model at paths that it spells out."""

import argparse
import csv
import json
import os
import pickle
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    arguments = parser.parse_args()
    with Path(arguments.train, "train.csv").open(newline="") as file:
        texts, names = zip(*csv.reader(file), strict=True)
    categories = sorted(set(names))
    vectorizer = TfidfVectorizer().fit(texts)
    labels = np.array([categories.index(name) for name in names])
    model = MultinomialNB(alpha=arguments.alpha).fit(vectorizer.transform(texts), labels)
    with Path("/opt/ml/model/tf_idf_vocab.pkl").open("wb") as file:
        pickle.dump((vectorizer, model), file)
    with Path("/opt/ml/model/label_json.json").open("w") as file:
        json.dump(dict(enumerate(categories)), file)
    print(f"wrote {sorted(path.name for path in Path('/opt/ml/model').iterdir())}")


if __name__ == "__main__":
    main()
