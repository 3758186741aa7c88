"""The toolkit's response type; importing it imports Flask, as in the image."""

from __future__ import annotations

from typing import Any

import flask

from sagemaker_containers import _content_types


class Response(flask.Response):
    """A Flask response that is JSON unless told otherwise."""

    default_mimetype = _content_types.JSON

    def __init__(
        self,
        response: Any = None,
        accept: str | None = None,
        status: int = 200,
        headers: Any = None,
        mimetype: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        super().__init__(
            response=response, status=status, headers=headers, mimetype=mimetype, direct_passthrough=direct_passthrough
        )
