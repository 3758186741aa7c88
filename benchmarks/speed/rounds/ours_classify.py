"""A round: both models, wire and all, name the categories of the test split: `ours_classify.py <corpus.json>
<preprocessor model> <classifier model> <preprocessor_container> <classifier_container>`.
"""

from __future__ import annotations

import sys

from rounds_protocol import corpus_and_rounds

if __name__ == "__main__":
    data, rounds = corpus_and_rounds()
    sys.path[:0] = sys.argv[4:6]

    from pathlib import Path

    from classifier.artefact.serving_files import load_model
    from classifier.wire.one_row_reader import FeatureReader
    from preprocessor.artefact.serving_files import load_serving
    from preprocessor.wire.arrow_stream import Wire

    first = load_serving(Path(sys.argv[2]) / "serving")
    model = load_model(Path(sys.argv[3]) / "serving")
    wire, reader = Wire(len(first.terms.vocabulary), first.fingerprint), FeatureReader(model.space)

    def classify() -> list[str]:
        """Go the way of a request, the HTTP left out."""
        ranking = model.rank(reader.read(wire.encode(first.terms.rows(data["test"]))), 1)
        return [model.categories[label] for label in ranking.labels[:, 0].tolist()]

    rounds(classify)
