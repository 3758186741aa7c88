"""A round: plain scikit-learn cleans the test split and turns it into rows: `plain_transform.py <corpus.json>
<model.joblib>`.
"""

from __future__ import annotations

import sys

import joblib
from plain_clean import clean
from rounds_protocol import corpus_and_rounds

if __name__ == "__main__":
    data, rounds = corpus_and_rounds()
    model = joblib.load(sys.argv[2])
    vectorizer, stop_words = model["vectorizer"], model["stop_words"]
    rounds(lambda: vectorizer.transform([clean(text, stop_words) for text in data["test"]]))
