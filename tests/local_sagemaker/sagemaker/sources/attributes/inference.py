"""A container that reads the caller's custom attributes and adds one of its own."""

from flask import Response, request

NAME = "X-Amzn-SageMaker-Custom-Attributes"


def model_fn(model_dir: str) -> None:
    return None


def transform_fn(model: None, body: bytes | str, content_type: str, accept: str) -> Response:
    said = request.headers.get(NAME)
    return Response(str(said), mimetype="text/plain", headers={NAME: f"{said}-answered"})
