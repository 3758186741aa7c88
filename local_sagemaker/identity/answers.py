"""The XML that services answer whose requests are forms."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from local_sagemaker.http.messages import Response, new_request_id


def element(name: str, text: str) -> str:
    """Write an element that holds a text."""
    return f"<{name}>{escape(text)}</{name}>"


def group(name: str, children: Iterable[str]) -> str:
    """Write an element that holds elements."""
    return f"<{name}>{''.join(children)}</{name}>"


def result(action: str, namespace: str, children: Iterable[str]) -> Response:
    """Write the answer to an action."""
    metadata = group("ResponseMetadata", [element("RequestId", new_request_id())])
    body = f'<{action}Response xmlns="{namespace}">{group(f"{action}Result", children)}{metadata}</{action}Response>'
    return Response(200, {"Content-Type": "text/xml"}, body.encode())
