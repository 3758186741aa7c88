"""Serving the preprocessor: load, then for each request decode, transform, encode. Texts come in, sparse TF-IDF rows go
out.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessor.artefact.manifest_check import MANIFEST_VARIABLE, check_artefact
from preprocessor.artefact.serving_files import load_serving
from preprocessor.errors import ArtefactUnusable, RequestRefused
from preprocessor.event_log import log_event, log_failure
from preprocessor.features.term_rows import FittedTerms
from preprocessor.requests.decoding import decode_request
from preprocessor.requests.refusals import failure_response, refusal_response
from preprocessor.requests.responses import HttpResponse
from preprocessor.wire.arrow_stream import Wire
from preprocessor.wire.formats import choose_format

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

if toolkit := sys.modules.get("sagemaker_containers._content_types"):
    # The image's toolkit, where it serves us, decodes CSV and JSON with errors="replace", which hides invalid bytes.
    # With this list empty all bodies stay bytes.
    toolkit.UTF8_TYPES = []  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted terms, and the wire that their rows travel on."""

    terms: FittedTerms
    wire: Wire


def model_fn(model_dir: str) -> Model:
    """Load the model from its plain form alone; the pickle beside it is for people.

    An artefact that is not the deployed one keeps the container from starting: SystemExit, which leaves no trace in the
    log, with one line there instead.
    """
    deployed = os.environ.get(MANIFEST_VARIABLE)
    try:
        manifest_sha256 = check_artefact(Path(model_dir), deployed)
        serving = load_serving(Path(model_dir) / "serving")
    except ArtefactUnusable as refusal:
        log_event("refused to start", reason=str(refusal))
        sys.exit(str(refusal))
    trusts = MANIFEST_VARIABLE if deployed else f"manifest.json, since {MANIFEST_VARIABLE} is not set"
    log_event("started", manifest_sha256=manifest_sha256, trusts=trusts, fingerprint=serving.fingerprint)
    return Model(serving.terms, Wire(len(serving.terms.vocabulary), serving.fingerprint))


def answer(model: Model, body: bytes | str, content_type: str, accept: str) -> HttpResponse:
    """Answer one request; a bad one with a 4xx."""
    try:
        wire_format = choose_format(accept)
        texts = decode_request(body, content_type)
        return HttpResponse(wire_format.encode(model.terms.rows(texts), model.wire), wire_format.media_type)
    except RequestRefused as refusal:
        return refusal_response(refusal)
    except Exception as error:
        log_failure(error)
        return failure_response()


def execution_parameters() -> HttpResponse:
    """Tell batch transform what suits where a job does not say: a request of many records for each core at a time."""
    parameters = {
        "MaxConcurrentTransforms": min(os.cpu_count() or 1, _MAX_CONCURRENT),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": _PAYLOAD_MB,
    }
    return HttpResponse(json.dumps(parameters).encode(), "application/json")


_PAYLOAD_MB = 6
_MAX_CONCURRENT = 100 // _PAYLOAD_MB
"""SageMaker has at most 100 MB under way in a container."""


def transform_fn(model: Model, body: bytes | str, content_type: str, accept: str) -> Response:
    """Answer one request by the toolkit, which would make an HTML page with status 500 of an exception."""
    return _toolkit_response(answer(model, body, content_type, accept))


def execution_parameters_fn() -> Response:
    """Tell batch transform by the toolkit."""
    return _toolkit_response(execution_parameters())


def _toolkit_response(response: HttpResponse) -> Response:
    from werkzeug.wrappers import Response  # of the toolkit; without that, `serving.py` answers

    return Response(response.body, status=response.status, mimetype=response.media_type)
