"""Fit scikit-learn's `Pipeline`, text in and category out: `whole_pipeline.py <corpus.json> <file>`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

if __name__ == "__main__":
    data = json.loads(Path(sys.argv[1]).read_bytes())
    pattern = r"[a-z]{2,}"
    stop_words = [word for word in data["stop_words"] if re.fullmatch(pattern, word)]
    pipeline = make_pipeline(TfidfVectorizer(token_pattern=pattern, stop_words=stop_words), MultinomialNB(alpha=0.01))
    joblib.dump(pipeline.fit(data["train"], data["categories"]), sys.argv[2])
