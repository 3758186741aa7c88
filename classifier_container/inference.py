"""Serving the classifier: load, then for each request decode, rank, encode. Sparse rows in, category names out."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wrappers import Response

from accept_header import media_type_name
from answers import choose_format
from category_model import CategoryModel
from classifier_errors import ModelUnusable, RequestRefused, UnsupportedContentType
from deployed_artefact import MANIFEST_VARIABLE, verify_artefact
from log_lines import write_event, write_failure
from one_row_reader import FeatureReader
from serving_model import load_model

ARROW = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True, slots=True)
class Classifier:
    """The model, what reads its rows, and how many categories an answer names."""

    model: CategoryModel
    reader: FeatureReader
    top_k: int


def model_fn(model_dir: str) -> Classifier:
    """Load the model from its plain form alone; the pickle beside it is for people.

    An artefact that is not the deployed one keeps the container from starting: SystemExit, which leaves no trace in the
    log, with one line there instead.
    """
    deployed = os.environ.get(MANIFEST_VARIABLE)
    try:
        manifest_sha256 = verify_artefact(Path(model_dir), deployed)
        model = load_model(Path(model_dir) / "serving")
        classifier = Classifier(model, FeatureReader(model.space), _top_k(os.environ.get("TOP_K", "3")))
    except ModelUnusable as refusal:
        write_event("refused to start", reason=str(refusal))
        sys.exit(str(refusal))
    trusts = MANIFEST_VARIABLE if deployed else f"manifest.json, since {MANIFEST_VARIABLE} is not set"
    write_event("started", manifest_sha256=manifest_sha256, trusts=trusts, fingerprint=model.space.fingerprint)
    return classifier


def _top_k(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise ModelUnusable(f"The environment variable TOP_K is {value!r}; set it to a whole number from 1 up.")
    return int(value)


def transform_fn(classifier: Classifier, body: bytes | str, content_type: str, accept: str) -> Response:
    """Answer one request; a bad one with a 4xx, since an exception would become an HTML page with status 500."""
    try:
        return _answer(classifier, body, content_type, accept)
    except RequestRefused as refusal:
        return _error(refusal.status, refusal.code, refusal.message, refusal.record)
    except Exception as error:
        write_failure(error)
        return _error(500, "InternalError", "The classifier failed on this request; its log says where.")


def _answer(classifier: Classifier, body: bytes | str, content_type: str, accept: str) -> Response:
    answer_format = choose_format(accept)
    rows = classifier.reader.read(_arrow_body(body, content_type))
    ranking = classifier.model.rank(rows, classifier.top_k)
    return Response(answer_format.encode(ranking, classifier.model.categories), mimetype=answer_format.media_type)


def _arrow_body(body: bytes | str, content_type: str) -> bytes:
    if media_type_name(content_type) != ARROW or isinstance(body, str):
        message = f"Content-Type {content_type!r} is not read here; send {ARROW}, as the preprocessor writes it."
        raise UnsupportedContentType("UnsupportedContentType", message)
    return body


def _error(status: int, code: str, message: str, record: int | None = None) -> Response:
    error: dict[str, str | int] = {"code": code, "message": message}
    if record is not None:
        error["record"] = record
    return Response(json.dumps({"error": error}), status=status, mimetype="application/json")
