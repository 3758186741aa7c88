"""Serving the preprocessor: load, then for each request decode, transform, encode. Texts come in, sparse TF-IDF rows go
out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from werkzeug.wrappers import Response

from arrow_stream import wire_schema
from preprocessor_errors import RequestRefused
from serving_files import load_serving
from term_rows import FittedTerms
from text_requests import decode_request
from wire_formats import choose_format

try:
    from sagemaker_containers import _content_types
except ImportError:
    pass  # Not in the AWS image, so nothing decodes the bodies before us.
else:
    # The image's toolkit decodes CSV and JSON with errors="replace", which hides invalid bytes. With this list empty
    # all bodies stay bytes.
    _content_types.UTF8_TYPES = []


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted terms, and the schema that their rows travel under."""

    terms: FittedTerms
    schema: pa.Schema


def model_fn(model_dir: str) -> Model:
    """Load the model from its plain form alone; the pickle beside it is for people."""
    serving = load_serving(Path(model_dir) / "serving")
    return Model(serving.terms, wire_schema(len(serving.terms.vocabulary), serving.fingerprint))


def transform_fn(model: Model, body: bytes | str, content_type: str, accept: str) -> Response:
    """Answer one request; a bad one with a 4xx, since an exception would become an HTML page with status 500."""
    try:
        wire_format = choose_format(accept)
        texts = decode_request(body, content_type)
    except RequestRefused as refusal:
        return _refusal(refusal)
    return Response(wire_format.encode(model.terms.rows(texts), model.schema), mimetype=wire_format.media_type)


def _refusal(refusal: RequestRefused) -> Response:
    error: dict[str, str | int] = {"code": refusal.code, "message": refusal.message}
    if refusal.record is not None:
        error["record"] = refusal.record
    return Response(json.dumps({"error": error}), status=refusal.status, mimetype="application/json")
