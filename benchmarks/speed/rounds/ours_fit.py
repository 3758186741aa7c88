"""A round: a profile's two models are fitted on the train split, as its two training scripts fit them:
`ours_fit.py <corpus.json> <profile as JSON> <preprocessor_container> <classifier_container>`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from rounds_protocol import corpus_and_rounds

if __name__ == "__main__":
    data, rounds = corpus_and_rounds()
    profile: dict[str, Any] = json.loads(sys.argv[2])
    sys.path[:0] = sys.argv[3:5]

    import numpy as np
    import scipy.sparse as sp
    from sklearn.naive_bayes import MultinomialNB

    from classifier.model.background_prior import background_alpha
    from preprocessor.features.text_parts import stripped_copies
    from preprocessor.features.text_vectorizer import TextVectorizer

    given = dict(profile["preprocessor"])
    with_copies = given.pop("stripped_copies", False)
    given.pop("choose", None)
    classifier = profile["classifier"]

    def fit() -> tuple[TextVectorizer, MultinomialNB]:
        """Make the copies if the profile learns from some; fit both."""
        copied, copies = stripped_copies(data["train"]) if with_copies else ([], [])
        categories = data["categories"] + [data["categories"][position] for position in copied]
        vectorizer = TextVectorizer(stop_words=data["stop_words"], **given)
        rows = sp.csr_array(vectorizer.fit_transform([*data["train"], *copies], np.array(categories)))
        alpha = classifier.get("alpha", 0.01)
        if "background_strength" in classifier:
            alpha = background_alpha(rows, classifier["background_strength"], classifier["background_share"])
        return vectorizer, MultinomialNB(alpha=alpha, fit_prior=classifier.get("fit_prior", True)).fit(rows, categories)

    rounds(fit)
