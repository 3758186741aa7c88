"""A round: plain scikit-learn's models name the categories of the test split: `plain_classify.py <corpus.json>
<vectorizer.joblib> <classifier.joblib>`.
"""

from __future__ import annotations

import sys

import joblib
from plain_clean import clean
from rounds_protocol import corpus_and_rounds

if __name__ == "__main__":
    data, rounds = corpus_and_rounds()
    model, classifier = joblib.load(sys.argv[2]), joblib.load(sys.argv[3])
    vectorizer, stop_words = model["vectorizer"], model["stop_words"]
    rounds(lambda: classifier.predict(vectorizer.transform([clean(text, stop_words) for text in data["test"]])))
