"""The `List…` operations: filters, order and paging, the same for every kind of resource."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_sagemaker.protocol import page_tokens
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.refusals import invalid

_DEFAULT_PAGE = 10
_ORDERED_BY = {"Name": "name", "CreationTime": "created", "Status": "status", "PipelineExecutionArn": "name"}
_FILTERS = {
    "NameContains": "instr(name, ?) > 0",
    "StatusEquals": "status = ?",
    "CreationTimeAfter": "created >= ?",
    "CreationTimeBefore": "created < ?",
    "PipelineNamePrefix": "instr(name, ?) = 1",
    "CreatedAfter": "created >= ?",
    "CreatedBefore": "created < ?",
    "LastModifiedTimeAfter": "modified >= ?",
    "LastModifiedTimeBefore": "modified < ?",
}


@dataclass(frozen=True, slots=True)
class Query:
    """One page of one list.

    Pages are cut by key, so what is created between two pages neither repeats nor hides an entry.
    """

    kind: Kind
    conditions: tuple[tuple[str, Any], ...]
    order: str
    descending: bool
    limit: int
    token: str | None

    def sql(self) -> tuple[str, tuple[Any, ...]]:
        """Write the rest of the query; its limit is one row more, which tells if a page follows.

        Raises
        ------
        AwsError
            `ValidationException` if the token is not one of this list in this order.
        """
        text = "".join(f" AND {condition}" for condition, _ in self.conditions)
        values = [value for _, value in self.conditions]
        if self.token is not None:
            text += f" AND ({self.order}, name) {'<' if self.descending else '>'} (?, ?)"
            values += self._place(self.token)
        direction = "DESC" if self.descending else "ASC"
        return f"{text} ORDER BY {self.order} {direction}, name {direction} LIMIT {self.limit + 1}", tuple(values)

    def token_after(self, row: sqlite3.Row) -> str:
        """Write the token of the page that starts after a row."""
        return page_tokens.written([row[self.order], row["name"]], self._of)

    @property
    def _of(self) -> tuple[str, ...]:
        return self.kind, self.order, "descending" if self.descending else "ascending"

    def _place(self, token: str) -> list[Any]:
        try:
            return page_tokens.place(token, [0.0 if self.order == "created" else "", ""], self._of)
        except page_tokens.ForeignToken as error:
            raise invalid(
                f'Invalid pagination token because "{token}" was not given by this list in this order.'
            ) from error


def query(
    kind: Kind,
    parameters: Mapping[str, Any],
    default_order: str = "Descending",
    conditions: Sequence[tuple[str, Any]] = (),
) -> Query:
    """Read a `List…` request; a kind may have conditions of its own on its rows."""
    filters = ((sql, _plain(parameters[name])) for name, sql in _FILTERS.items() if name in parameters)
    return Query(
        kind=kind,
        conditions=(*filters, *conditions),
        order=_ORDERED_BY[parameters.get("SortBy", "CreationTime")],
        descending=parameters.get("SortOrder", default_order) == "Descending",
        limit=parameters.get("MaxResults", _DEFAULT_PAGE),
        token=parameters.get("NextToken") or None,
    )


def _plain(value: Any) -> Any:
    return value.timestamp() if hasattr(value, "timestamp") else value
