"""The `List…` operations: filters, order and paging, the same for every kind of resource."""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.resources.refusals import invalid

_DEFAULT_PAGE = 10
_ORDERED_BY = {"Name": "name", "CreationTime": "created", "Status": "status"}
_FILTERS = {
    "NameContains": "instr(name, ?) > 0",
    "StatusEquals": "status = ?",
    "CreationTimeAfter": "created >= ?",
    "CreationTimeBefore": "created < ?",
    "LastModifiedTimeAfter": "modified >= ?",
    "LastModifiedTimeBefore": "modified < ?",
}


@dataclass(frozen=True, slots=True)
class Query:
    """One page of one list.

    Pages are cut by key, so what is created between two pages neither repeats nor hides an entry.
    """

    conditions: tuple[tuple[str, Any], ...]
    order: str
    descending: bool
    limit: int
    after: tuple[Any, str] | None

    def sql(self) -> tuple[str, tuple[Any, ...]]:
        """Write the rest of the query; its limit is one row more, which tells if a page follows."""
        conditions = list(self.conditions)
        text = "".join(f" AND {condition}" for condition, _ in conditions)
        values = [value for _, value in conditions]
        if self.after is not None:
            text += f" AND ({self.order}, name) {'<' if self.descending else '>'} (?, ?)"
            values += self.after
        direction = "DESC" if self.descending else "ASC"
        return f"{text} ORDER BY {self.order} {direction}, name {direction} LIMIT {self.limit + 1}", tuple(values)

    def token_after(self, row: sqlite3.Row) -> str:
        """Write the token of the page that starts after a row."""
        return base64.urlsafe_b64encode(json.dumps([row[self.order], row["name"]]).encode()).decode()


def query(parameters: Mapping[str, Any], default_order: str = "Descending") -> Query:
    """Read a `List…` request.

    Raises
    ------
    AwsError
        `ValidationException` if the token is not one of ours.
    """
    return Query(
        conditions=tuple((sql, _plain(parameters[name])) for name, sql in _FILTERS.items() if name in parameters),
        order=_ORDERED_BY[parameters.get("SortBy", "CreationTime")],
        descending=parameters.get("SortOrder", default_order) == "Descending",
        limit=parameters.get("MaxResults", _DEFAULT_PAGE),
        after=_place(parameters["NextToken"]) if parameters.get("NextToken") else None,
    )


def _plain(value: Any) -> Any:
    return value.timestamp() if hasattr(value, "timestamp") else value


def _place(token: str) -> tuple[Any, str]:
    try:
        value, name = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid(f'Invalid pagination token because "{token}" was not given by this list.') from error
    return value, name
