"""Serving the classifier: load, then for each request decode, rank, encode. Sparse rows in, category names out."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.artefact.manifest_check import MANIFEST_VARIABLE, check_artefact
from classifier.artefact.serving_files import load_model
from classifier.errors import ArtefactUnusable, RequestRefused, UnsupportedContentType
from classifier.event_log import log_event, log_failure
from classifier.model.category_model import CategoryModel
from classifier.requests.answers import choose_format
from classifier.requests.media_types import parse_media_type
from classifier.requests.refusals import failure_response, refusal_response
from classifier.requests.responses import HttpResponse
from classifier.wire.arrow_format import MEDIA_TYPE as ARROW
from classifier.wire.one_row_reader import FeatureReader

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


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
        manifest_sha256 = check_artefact(Path(model_dir), deployed)
        model = load_model(Path(model_dir) / "serving")
        classifier = Classifier(model, FeatureReader(model.space), _top_k(os.environ.get("TOP_K", "3")))
    except ArtefactUnusable as refusal:
        log_event("refused to start", reason=str(refusal))
        sys.exit(str(refusal))
    trusts = MANIFEST_VARIABLE if deployed else f"manifest.json, since {MANIFEST_VARIABLE} is not set"
    log_event("started", manifest_sha256=manifest_sha256, trusts=trusts, fingerprint=model.space.fingerprint)
    return classifier


def _top_k(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise ArtefactUnusable(f"The environment variable TOP_K is {value!r}; set it to a whole number from 1 up.")
    return int(value)


def answer(classifier: Classifier, body: bytes | str, content_type: str, accept: str) -> HttpResponse:
    """Answer one request; a bad one with a 4xx."""
    try:
        answer_format = choose_format(accept)
        rows = classifier.reader.read(_arrow_body(body, content_type))
        ranking = classifier.model.rank(rows, classifier.top_k)
        encoded = answer_format.encode(ranking, classifier.model.categories).encode()
        return HttpResponse(encoded, answer_format.media_type)
    except RequestRefused as refusal:
        return refusal_response(refusal)
    except Exception as error:
        log_failure(error)
        return failure_response()


def _arrow_body(body: bytes | str, content_type: str) -> bytes:
    if parse_media_type(content_type).name != ARROW or isinstance(body, str):
        message = f"Content-Type {content_type!r} is not read here; send {ARROW}, as the preprocessor writes it."
        raise UnsupportedContentType("UnsupportedContentType", message)
    return body


def transform_fn(classifier: Classifier, body: bytes | str, content_type: str, accept: str) -> Response:
    """Answer one request by the toolkit, which would make an HTML page with status 500 of an exception."""
    from werkzeug.wrappers import Response  # of the toolkit; without that, `serving.py` answers

    body, media_type, status = answer(classifier, body, content_type, accept)
    return Response(body, status=status, mimetype=media_type)
