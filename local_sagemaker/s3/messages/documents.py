"""S3's XML, both ways."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from local_sagemaker.errors import AwsError

XML = {"Content-Type": "application/xml"}
"""The header of an answer that is a document."""

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def element(tag: str, content: object) -> str:
    """Write an element that holds text; none at all where `content` is None."""
    if content is None:
        return ""
    if isinstance(content, bool):
        return f"<{tag}>{str(content).lower()}</{tag}>"
    if isinstance(content, datetime):
        return f"<{tag}>{content.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.000Z')}</{tag}>"
    return f"<{tag}>{escape(str(content))}</{tag}>"


def group(tag: str, children: Iterable[str]) -> str:
    """Write an element that holds elements."""
    return f"<{tag}>{''.join(children)}</{tag}>"


def document(tag: str, children: Iterable[str]) -> bytes:
    """Write a whole answer."""
    return f'{_DECLARATION}<{tag} xmlns="{_NAMESPACE}">{"".join(children)}</{tag}>'.encode()


def error_document(children: Iterable[str]) -> bytes:
    """Write a whole error, which has no namespace."""
    return f"{_DECLARATION}<Error>{''.join(children)}</Error>".encode()


class Node:
    """An element of a request, read by local names."""

    def __init__(self, element: ElementTree.Element) -> None:
        self._element = element

    def children(self, tag: str) -> Iterator[Node]:
        """Go through the elements of one name directly below this one."""
        return (Node(child) for child in self._element if _local(child.tag) == tag)

    def text(self, tag: str) -> str | None:
        """Return the text of the first child of that name, None if there is no such child."""
        child = next(self.children(tag), None)
        return None if child is None else child.own_text

    @property
    def own_text(self) -> str:
        """The text in the element."""
        return self._element.text or ""

    @property
    def tags(self) -> Iterator[str]:
        """The local names of all children."""
        return (_local(child.tag) for child in self._element)


def parsed(body: bytes) -> Node:
    """Read a request's document.

    Raises
    ------
    AwsError
        `MalformedXML`; so is any document with a DOCTYPE, as its entities can grow without end and no client sends one.
    """
    parser = ElementTree.XMLParser(target=_WithoutDoctype())  # noqa: S314  (no DOCTYPE, so no entities)
    try:
        parser.feed(body)
        return Node(parser.close())
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # the latter two: of encodings that nobody knows
        raise AwsError(
            "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
        ) from error


class _WithoutDoctype(ElementTree.TreeBuilder):
    def doctype(self, *_: object) -> None:
        """Refuse a DOCTYPE where the parser meets it, whatever the document's encoding."""
        raise ElementTree.ParseError("a document type declaration")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
