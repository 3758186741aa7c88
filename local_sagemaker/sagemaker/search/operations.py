"""Search: filters, order and pages over what Describe answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from local_sagemaker.protocol import page_tokens
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.refusals import invalid, unsupported
from local_sagemaker.sagemaker.search.expressions import check, satisfies
from local_sagemaker.sagemaker.search.filters import values

Described = Mapping[str, Any]

_DEFAULT_ORDER = "LastModifiedTime"
_LARGEST_PAGE = 100
_RECORDS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
"""What a found record is called, where it is not called as its kind."""


class SearchOperations:
    """The operation, over all resources of the kinds that it finds.

    Parameters
    ----------
    sources : mapping of str to callable
        For each value of `Resource`, what describes all of its resources as they are now, with their tags.
    """

    answered: ClassVar[Answered] = Answered.EXECUTED

    def __init__(self, sources: Mapping[str, Callable[[], Sequence[Described]]]) -> None:
        self._sources = sources

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {"Search": self.search}

    def search(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer Search; pages are cut by position, so what changes between two may be met twice or not at all.

        Raises
        ------
        AwsError
            `ValidationException` for a kind of resource that is not searched here, a filter without a value, or a token
            of another search.
        """
        resource = request["Resource"]
        if resource not in self._sources:
            raise unsupported(f"Search for {resource}", f"search for {', '.join(sorted(self._sources))}.")
        expression = request.get("SearchExpression", {})
        check(expression)
        found = _in_order([each for each in self._sources[resource]() if satisfies(each, expression)], request)
        start, of = 0, _searched(request)
        if request.get("NextToken"):
            start = _start(request["NextToken"], of)
        end = start + request.get("MaxResults", _LARGEST_PAGE)
        token = {"NextToken": page_tokens.written([end], of)} if end < len(found) else {}
        hits = {"TotalHits": {"Value": len(found), "Relation": "EqualTo"}}
        member = _RECORDS.get(resource, resource)
        return {"Results": [{member: each} for each in found[start:end]], **token, **hits}


def _in_order(found: Sequence[Described], request: Mapping[str, Any]) -> Sequence[Described]:
    by, descending = request.get("SortBy", _DEFAULT_ORDER), request.get("SortOrder", "Descending") == "Descending"
    return sorted(found, key=lambda described: _sort_key(described, by), reverse=descending)


def _sort_key(described: Described, by: str) -> tuple[int, float, str]:
    """Make values comparable: none, then numbers and times, then texts."""
    value = next(values(described, by), None)
    if value is None:
        return 0, 0.0, ""
    return (2, 0.0, value) if isinstance(value, str) else (1, float(value), "")


def _searched(request: Mapping[str, Any]) -> list[str]:
    return ["search", *(repr(request.get(name)) for name in ("Resource", "SearchExpression", "SortBy", "SortOrder"))]


def _start(token: str, of: Sequence[str]) -> int:
    try:
        return max(0, int(page_tokens.place(token, [0], of)[0]))
    except page_tokens.ForeignToken as error:
        raise invalid("Invalid pagination token: it is none of this search.") from error
