"""Turn a staged CSV into rows by the preprocessor's serving code: `vectors.py <model> <csv> <accept>`; the answer goes
to standard output.
"""

from __future__ import annotations

import sys
from pathlib import Path

from inference import model_fn, transform_fn

if __name__ == "__main__":
    model, texts, accept = sys.argv[1:]
    answer = transform_fn(model_fn(model), Path(texts).read_bytes(), "text/csv", accept)
    if answer.status_code != 200:
        sys.exit(answer.get_data(as_text=True))
    sys.stdout.buffer.write(answer.get_data())
