"""AddAssociation, DeleteAssociation, ListAssociations and QueryLineage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol import page_tokens
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.plain_records.links import Link, Links
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.arns import Kind, parse

_PAGE = 10
_DEEPEST = 10
_LINEAGE_TYPES = {
    Kind.ACTION: "Action",
    Kind.ARTIFACT: "Artifact",
    Kind.CONTEXT: "Context",
    Kind.TRIAL_COMPONENT: "TrialComponent",
}
_TYPE_MEMBERS = {Kind.ACTION: "ActionType", Kind.ARTIFACT: "ArtifactType", Kind.CONTEXT: "ContextType"}


class AssociationOperations:
    """The operations on associations.

    Parameters
    ----------
    links : Links
        The associations.
    described : callable
        Reads the description of a lineage entity by kind and name; None if it is not there.
    """

    answered: ClassVar[Answered] = Answered.KEPT

    def __init__(self, links: Links, described: Callable[[Kind, str], Mapping[str, Any] | None]) -> None:
        self._links = links
        self._described = described

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "AddAssociation": self.add,
            "DeleteAssociation": self.delete,
            "ListAssociations": self.list,
            "QueryLineage": self.query,
        }

    def add(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer AddAssociation; raises `ResourceNotFound` if one of the two is not there."""
        source, destination = request["SourceArn"], request["DestinationArn"]
        for arn in (source, destination):
            self._vertex(arn)
        self._links.add(source, destination, request.get("AssociationType"))
        return {"SourceArn": source, "DestinationArn": destination}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteAssociation; raises `ResourceNotFound` if there is none."""
        source, destination = request["SourceArn"], request["DestinationArn"]
        if not self._links.remove(source, destination):
            raise _not_found(f"Association from {source} to {destination}")
        return {"SourceArn": source, "DestinationArn": destination}

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListAssociations."""
        found = [summary for link in self._links.all() if _is_meant(summary := self._summary(link), request)]
        key = request.get("SortBy", "CreationTime")
        descending = request.get("SortOrder", "Descending") == "Descending"
        found.sort(key=lambda summary: summary.get(key) or "", reverse=descending)
        return _page("AssociationSummaries", found, request)

    def query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer QueryLineage: what comes before and after the start, as far as `MaxDepth`."""
        edges: dict[tuple[str, str], Link] = {}
        seen = set(request.get("StartArns", ()))
        front = list(seen)
        for _ in range(request.get("MaxDepth", _DEEPEST)):
            links = [link for arn in front for link in self._around(arn, request.get("Direction", "Both"))]
            edges |= {(link.source, link.destination): link for link in links}
            front = list({arn for link in links for arn in (link.source, link.destination)} - seen)
            seen |= set(front)
        vertices = [vertex for arn in sorted(seen) if _passes(vertex := self._vertex(arn), request.get("Filters", {}))]
        answer = _page("Vertices", vertices, request)
        if request.get("IncludeEdges", True):
            answer["Edges"] = [_edge(link) for link in edges.values()]
        return answer

    def _around(self, arn: str, direction: str) -> Iterator[Link]:
        if direction in ("Both", "Ascendants"):
            yield from self._links.to(arn)
        if direction in ("Both", "Descendants"):
            yield from self._links.from_(arn)

    def _vertex(self, arn: str) -> dict[str, Any]:
        place = parse(arn)
        kind = place[0] if place is not None and place[0] in _LINEAGE_TYPES else None
        description = None if place is None or kind is None else self._described(kind, place[1])
        if kind is None or description is None:
            raise _not_found(arn)
        type_ = description.get(_TYPE_MEMBERS.get(kind, ""))
        return {"Arn": arn, "LineageType": _LINEAGE_TYPES[kind], **({"Type": type_} if type_ else {})}

    def _summary(self, link: Link) -> dict[str, Any]:
        summary: dict[str, Any] = {**_edge(link), "CreationTime": link.created, "CreatedBy": {}}
        for side, arn in (("Source", link.source), ("Destination", link.destination)):
            summary |= {f"{side}{what}": value for what, value in self._said(arn).items()}
        return summary

    def _said(self, arn: str) -> dict[str, Any]:
        place = parse(arn)
        description = None if place is None else self._described(*place)
        if place is None or description is None:
            return {}
        named = {"Type": _TYPE_MEMBERS.get(place[0], ""), "Name": f"{_LINEAGE_TYPES[place[0]]}Name"}
        return {what: description[member] for what, member in named.items() if member in description}


def _edge(link: Link) -> dict[str, Any]:
    said = {"AssociationType": link.type} if link.type else {}
    return {"SourceArn": link.source, "DestinationArn": link.destination, **said}


def _is_meant(summary: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    names = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "AssociationType")
    if any(name in request and summary.get(name) != request[name] for name in names):
        return False
    after, before = request.get("CreatedAfter"), request.get("CreatedBefore")
    created = summary["CreationTime"]
    return (after is None or created >= after) and (before is None or created < before)


def _passes(vertex: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    wanted = {"Type": filters.get("Types"), "LineageType": filters.get("LineageTypes")}
    return all(values is None or vertex.get(member) in values for member, values in wanted.items())


def _page(member: str, found: Sequence[Mapping[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    start, of = 0, (member,)
    if token := request.get("NextToken"):
        try:
            [start] = page_tokens.place(token, [0], of)
        except page_tokens.ForeignToken as error:
            raise refusals.invalid(f'Invalid pagination token because "{token}" was not given by this list.') from error
    end = start + request.get("MaxResults", _PAGE)
    more = {"NextToken": page_tokens.written([end], of)} if end < len(found) else {}
    return {member: list(found[max(start, 0) : end]), **more}


def _not_found(what: str) -> AwsError:
    return AwsError("ResourceNotFound", f"{what} does not exist.", 404)
