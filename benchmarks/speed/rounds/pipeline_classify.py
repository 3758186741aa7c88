"""A round: scikit-learn's `Pipeline` names the categories of the test split: `pipeline_classify.py <corpus.json>
<pipeline.joblib>`.
"""

from __future__ import annotations

import sys

import joblib
from rounds_protocol import corpus_and_rounds

if __name__ == "__main__":
    data, rounds = corpus_and_rounds()
    pipeline = joblib.load(sys.argv[2])
    rounds(lambda: pipeline.predict(data["test"]))
