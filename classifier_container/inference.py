"""Serving the classifier: load, then for each request decode, rank, encode. Sparse rows in, category names out."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wrappers import Response

from accept_header import media_type_name
from answers import choose_format
from category_model import CategoryModel
from classifier_errors import ModelUnusable, RequestRefused, UnsupportedContentType
from feature_stream import read_features
from serving_model import load_model

ARROW = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True, slots=True)
class Classifier:
    """The model and how many categories an answer names."""

    model: CategoryModel
    top_k: int


def model_fn(model_dir: str) -> Classifier:
    """Load the model from its plain form alone; the pickle beside it is for people."""
    return Classifier(load_model(Path(model_dir) / "serving"), _top_k(os.environ.get("TOP_K", "3")))


def _top_k(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise ModelUnusable(f"The environment variable TOP_K is {value!r}; set it to a whole number from 1 up.")
    return int(value)


def transform_fn(classifier: Classifier, body: bytes | str, content_type: str, accept: str) -> Response:
    """Answer one request; a bad one with a 4xx, since an exception would become an HTML page with status 500."""
    try:
        answer_format = choose_format(accept)
        rows = read_features(_arrow_body(body, content_type), classifier.model.space)
    except RequestRefused as refusal:
        return _refusal(refusal)
    ranking = classifier.model.rank(rows, classifier.top_k)
    return Response(answer_format.encode(ranking, classifier.model.categories), mimetype=answer_format.media_type)


def _arrow_body(body: bytes | str, content_type: str) -> bytes:
    if media_type_name(content_type) != ARROW or isinstance(body, str):
        message = f"Content-Type {content_type!r} is not read here; send {ARROW}, as the preprocessor writes it."
        raise UnsupportedContentType("UnsupportedContentType", message)
    return body


def _refusal(refusal: RequestRefused) -> Response:
    error: dict[str, str | int] = {"code": refusal.code, "message": refusal.message}
    if refusal.record is not None:
        error["record"] = refusal.record
    return Response(json.dumps({"error": error}), status=refusal.status, mimetype="application/json")
