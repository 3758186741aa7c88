"""A round: the preprocessor turns the test split into rows: `ours_transform.py <corpus.json> <model>
<preprocessor_container>`.
"""

from __future__ import annotations

import sys

from rounds_protocol import corpus_and_rounds

if __name__ == "__main__":
    data, rounds = corpus_and_rounds()
    sys.path.insert(0, sys.argv[3])

    from inference import model_fn

    terms = model_fn(sys.argv[2]).terms
    rounds(lambda: list(terms.rows(data["test"])))
