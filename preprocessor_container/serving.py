"""Serving without the toolkit: what gunicorn runs where SAGEMAKER_SERVING_MODULE is `serving:application`.

Importing this loads the model, so whatever answers has one.
"""

from __future__ import annotations

import gc
import os
from functools import partial
from pathlib import Path

import inference
from preprocessor.requests.wsgi import Application

_GUNICORN_ENDS = 4
"""The exit code of a worker at which gunicorn ends, too (its APP_LOAD_ERROR); after others it starts the next one."""


def _load() -> Application:
    try:
        model = inference.model_fn(str(Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model"))
    except SystemExit as refusal:
        refusal.code = _GUNICORN_ENDS
        raise
    gc.freeze()  # what is loaded before gunicorn forks then stays shared: no collection writes to it
    return Application(partial(inference.answer, model), getattr(inference, "execution_parameters", None))


application = _load()
