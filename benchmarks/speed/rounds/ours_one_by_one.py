"""A round: one container's own code answers posts one by one, and the median of its time for one is the round's figure:
`ours_one_by_one.py <corpus.json> <preprocessor model> <classifier model> <preprocessor_container>
<classifier_container> <preprocessor|classifier> <wsgi|toolkit> <warm|cold>`.

`wsgi` is our own application with all that it does for a request, `toolkit` what AWS's calls: `transform_fn`.

`cold` empties the processor's caches before each post, by reading more than they hold.
"""

from __future__ import annotations

import statistics
import sys
import time
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
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
    bodies = [text.encode() for text in data["test"][:_POSTS]]
    module, model, content_type, accept = first, preprocessor, "text/plain", _ARROW
    package = "preprocessor"
    if sys.argv[6] == "classifier":
        bodies = [first.answer(preprocessor, text, "text/plain", _ARROW).body for text in bodies]
        module, model, content_type, accept = second, classifier, _ARROW, "application/json"
        package = "classifier"
    ballast = np.ones(_MORE_THAN_CACHES // 8 if sys.argv[8] == "cold" else 1)
    application = import_module(f"{package}.requests.wsgi").Application(partial(module.answer, model))
    headers = {"PATH_INFO": "/invocations", "REQUEST_METHOD": "POST", "CONTENT_TYPE": content_type}

    def ask_application(body: bytes) -> None:
        told = {"CONTENT_LENGTH": str(len(body)), "HTTP_ACCEPT": accept, "wsgi.input": BytesIO(body)}
        application({**headers, **told}, lambda status, headers: None)

    def ask_toolkits(body: bytes) -> None:
        module.transform_fn(model, body, content_type, accept)

    ask = ask_application if sys.argv[7] == "wsgi" else ask_toolkits

    def median_seconds() -> float:
        seconds = []
        for body in bodies:
            ballast.sum()
            began = time.perf_counter()
            ask(body)
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds)

    measured_rounds(median_seconds)
