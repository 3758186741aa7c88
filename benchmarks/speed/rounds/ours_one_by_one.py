"""A round: one container's own code answers posts one by one, and the median of its time for one is the round's figure:
`ours_one_by_one.py <corpus.json> <preprocessor model> <classifier model> <preprocessor_container>
<classifier_container> <preprocessor|classifier> <warm|cold>`.

`cold` empties the processor's caches before each post, by reading more than they hold.
"""

from __future__ import annotations

import statistics
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from rounds_protocol import corpus_and_rounds, measured_rounds

_POSTS = 300
_MORE_THAN_CACHES = 64 * 2**20
_ARROW = "application/vnd.apache.arrow.stream"


def load_inference(folder: str) -> Any:
    """Load a folder's `inference.py` under a name of its own: both folders have one."""
    spec = spec_from_file_location(f"inference_of_{Path(folder).name}", Path(folder) / "inference.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    data, _ = corpus_and_rounds()
    sys.path[:0] = sys.argv[4:6]
    first, second = map(load_inference, sys.argv[4:6])
    preprocessor, classifier = first.model_fn(sys.argv[2]), second.model_fn(sys.argv[3])
    texts = [text.encode() for text in data["test"][:_POSTS]]
    vectors = [first.transform_fn(preprocessor, text, "text/plain", _ARROW).get_data() for text in texts]
    ballast = np.ones(_MORE_THAN_CACHES // 8 if sys.argv[7] == "cold" else 1)

    def ask_first(text: bytes) -> None:
        first.transform_fn(preprocessor, text, "text/plain", _ARROW)

    def ask_second(vector: bytes) -> None:
        second.transform_fn(classifier, vector, _ARROW, "application/json")

    ask, bodies = (ask_first, texts) if sys.argv[6] == "preprocessor" else (ask_second, vectors)

    def median_seconds() -> float:
        seconds = []
        for body in bodies:
            ballast.sum()
            began = time.perf_counter()
            ask(body)
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds)

    measured_rounds(median_seconds)
