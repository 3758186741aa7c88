"""Serving the preprocessor: load, then for each request decode, transform, encode. Texts come in, sparse TF-IDF rows go
out.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wrappers import Response

from preprocessor.artefact.manifest_check import MANIFEST_VARIABLE, check_artefact
from preprocessor.artefact.serving_files import load_serving
from preprocessor.errors import ArtefactUnusable, RequestRefused
from preprocessor.event_log import log_event, log_failure
from preprocessor.features.term_rows import FittedTerms
from preprocessor.requests.decoding import decode_request
from preprocessor.requests.refusals import failure_response, refusal_response
from preprocessor.wire.arrow_stream import Wire
from preprocessor.wire.formats import choose_format

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


def transform_fn(model: Model, body: bytes | str, content_type: str, accept: str) -> Response:
    """Answer one request; a bad one with a 4xx, since an exception would become an HTML page with status 500."""
    try:
        return _answer(model, body, content_type, accept)
    except RequestRefused as refusal:
        return refusal_response(refusal)
    except Exception as error:
        log_failure(error)
        return failure_response()


def execution_parameters_fn() -> Response:
    """Tell batch transform what suits where a job does not say: a request of many records for each core at a time."""
    parameters = {
        "MaxConcurrentTransforms": min(os.cpu_count() or 1, _MAX_CONCURRENT),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": _PAYLOAD_MB,
    }
    return Response(json.dumps(parameters), mimetype="application/json")


_PAYLOAD_MB = 6
_MAX_CONCURRENT = 100 // _PAYLOAD_MB
"""SageMaker has at most 100 MB under way in a container."""


def _answer(model: Model, body: bytes | str, content_type: str, accept: str) -> Response:
    wire_format = choose_format(accept)
    texts = decode_request(body, content_type)
    return Response(wire_format.encode(model.terms.rows(texts), model.wire), mimetype=wire_format.media_type)
