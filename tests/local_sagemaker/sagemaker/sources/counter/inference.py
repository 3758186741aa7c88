"""A container that answers how many lines a request has, and says how it likes its batches."""

import json

from werkzeug.wrappers import Response


def model_fn(model_dir: str) -> None:
    return None


def transform_fn(model: None, body: str | bytes, content_type: str, accept: str) -> tuple[str, str]:
    text = body if isinstance(body, str) else body.decode()
    return str(text.count("\n") + (not text.endswith("\n"))), "text/plain"


def execution_parameters_fn() -> Response:
    preferred = {"MaxConcurrentTransforms": 3, "MaxPayloadInMB": 2, "BatchStrategy": "SINGLE_RECORD"}
    return Response(json.dumps(preferred), mimetype="application/json")
