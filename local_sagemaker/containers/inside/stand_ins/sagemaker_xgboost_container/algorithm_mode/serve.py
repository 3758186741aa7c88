"""Serves a model that the algorithm has trained: CSV or libsvm in, CSV, JSON or JSON Lines out."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost as xgb
from sagemaker_sklearn_container.serving import NOT_FOUND, read_body, send, send_page

from ..data_utils import CSV, LIBSVM, get_content_type
from ..encoder import csv_to_dmatrix, json_to_jsonlines, libsvm_to_dmatrix
from .predictions import encoded, selected
from .versions import is_before

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

ACCEPTED = ("application/json", "application/jsonlines", "text/csv")

_LARGEST = 20 * 1024**2

_logger = logging.getLogger(__name__)


class Refused(Exception):
    """A request that is answered with a status other than 200."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Model:
    """The boosters of a model directory; several are an ensemble, whose mean counts.

    Parameters
    ----------
    directory : str
        Where their files lie.

    Raises
    ------
    RuntimeError
        If there is none, or one cannot be read.
    """

    def __init__(self, directory: str) -> None:
        files = sorted(path for path in Path(directory).iterdir() if path.is_file() and not path.name.startswith("."))
        if not files:
            raise RuntimeError(f"there is no model in {directory}")
        self._boosters = [_loaded(path) for path in files]
        if os.environ.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true").lower() == "false":
            del self._boosters[1:]

    @property
    def facts(self) -> tuple[str, str]:
        """The objective, and the number of classes."""
        learner = json.loads(self._boosters[0].save_config())["learner"]
        return learner["objective"]["name"], learner["learner_model_param"].get("num_class", "")

    def predict(self, data: xgb.DMatrix) -> Any:
        """Predict with the best rounds, where training has stopped early."""
        predictions = [
            booster.predict(data, iteration_range=(0, _rounds(booster)), validate_features=False)
            for booster in self._boosters
        ]
        return predictions[0] if len(predictions) == 1 else np.mean(predictions, axis=0)


def _rounds(booster: Any) -> int:
    best = booster.attr("best_iteration")
    return int(best) + 1 if best is not None and int(best) < booster.num_boosted_rounds() else 0


def _loaded(path: Path) -> Any:
    """Read a model file, which older versions and some scripts pickle."""
    try:
        with path.open("rb") as file:
            booster = pickle.load(file)  # noqa: S301  # a model is its owner's code, here as on AWS
        booster = booster.get_booster() if hasattr(booster, "get_booster") else booster
    except Exception as not_pickled:
        booster = xgb.Booster()
        try:
            booster.load_model(bytearray(path.read_bytes()))  # by its content: the name has no ending that says how
        except xgb.core.XGBoostError as error:
            raise RuntimeError(f"Model at {path} cannot be loaded:\n{not_pickled}\n{error}") from error
    booster.set_param("nthread", 1)
    return booster


class AlgorithmApplication:
    """The WSGI application around a model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._batch = bool(os.environ.get("SAGEMAKER_BATCH"))
        self._lines = self._batch or not is_before(1, 5)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Route one request."""
        answer: Iterable[bytes] = self._route(environ, start_response)
        return answer

    def _route(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        path = environ["PATH_INFO"]
        if path == "/ping":
            return send(start_response, b"", "text/html")
        if path == "/execution-parameters":
            return send(start_response, json.dumps(_execution_parameters()).encode(), "application/json")
        if path != "/invocations" or environ["REQUEST_METHOD"] != "POST":
            return send_page(start_response, "404 Not Found", NOT_FOUND)
        try:
            body, media_type = self._answer(environ)
        except Refused as refused:
            _logger.error("%s", refused)
            return send(start_response, str(refused).encode(), "text/html", refused.status)
        return send(start_response, body, media_type)

    def _answer(self, environ: WSGIEnvironment) -> tuple[bytes, str]:
        body = read_body(environ)
        if not body:
            raise Refused("204 No Content", "")
        data = _read(body, environ.get("CONTENT_TYPE"))
        accept = _accept(environ.get("HTTP_ACCEPT"))
        try:
            predictions = self._model.predict(data)
        except (xgb.core.XGBoostError, ValueError) as error:
            raise Refused("400 Bad Request", f"Unable to evaluate payload provided: {error}") from error
        keys = os.environ.get("SAGEMAKER_INFERENCE_OUTPUT")
        if keys:
            return self._selected(predictions, keys, accept), accept
        return self._written(predictions.tolist(), accept), accept

    def _selected(self, predictions: Any, keys: str, accept: str) -> bytes:
        try:
            chosen = selected(predictions, keys.replace(" ", "").lower().split(","), *self._model.facts)
            return encoded(chosen, accept, self._batch)
        except ValueError as error:
            raise Refused("500 Internal Server Error", str(error)) from error

    def _written(self, predictions: list[Any], accept: str) -> bytes:
        """Write predictions: in CSV a line each; before 1.5-1 all in one, but for batch transforms."""
        if accept == "text/csv":
            text = map(str, predictions)
            return ("\n".join(text) + "\n" if self._lines else ",".join(text)).encode()
        scores = {"predictions": [{"score": prediction} for prediction in predictions]}
        return json_to_jsonlines(scores) if accept == "application/jsonlines" else json.dumps(scores).encode()


def _read(body: bytes, content_type: str | None) -> xgb.DMatrix:
    try:
        file_format = get_content_type(content_type or "text/csv")
        if file_format not in (CSV, LIBSVM):
            raise ValueError(f"Content-type {content_type} is not supported.")
    except Exception as error:
        raise Refused("415 Unsupported Media Type", str(error)) from error
    try:
        return csv_to_dmatrix(body) if file_format == CSV else libsvm_to_dmatrix(body)
    except Exception as error:
        message = f"Loading {file_format} data failed with Exception, please ensure data is in {file_format} format:"
        raise Refused("415 Unsupported Media Type", f"{message}\n {type(error)}\n {error}") from error


def _accept(accept: str | None) -> str:
    wanted = (accept or "").partition(";")[0].strip().lower()
    if wanted in ("", "*/*"):
        return os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
    if wanted not in ACCEPTED:
        message = f"Accept type {accept} is not supported. Please use supported accept types: {list(ACCEPTED)}."
        raise Refused("406 Not Acceptable", message)
    return wanted


def _execution_parameters() -> dict[str, Any]:
    largest = min(int(os.environ.get("MAX_CONTENT_LENGTH") or 6 * 1024**2), _LARGEST)
    return {
        "MaxConcurrentTransforms": multiprocessing.cpu_count(),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": largest // 1024**2,
    }
