"""The JSONPath dialect of filters."""

from __future__ import annotations

from typing import Any

import pytest

from local_sagemaker.sagemaker.transform.data.jsonpath import BadPath, NotThere, parse

ROW = ["id-1", "5.1", "3.5", "yes"]
RECORD = {"id": 1, "features": [1, 2, 3], "meta": {"a b": 4, "c": {"d": 5}}, "rows": [{"x": 1}, {"x": 2}]}


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        ("$", ROW),
        ("$[1:]", ["5.1", "3.5", "yes"]),
        ("$[:2]", ["id-1", "5.1"]),
        ("$[1:-1]", ["5.1", "3.5"]),
        ("$[-1]", "yes"),
        ("$[0]", "id-1"),
        ("$[0,-1]", ["id-1", "yes"]),
        ("$[ 0 , 2 ]", ["id-1", "3.5"]),
        ("$[*]", ROW),
        ("$[0,2:]", ["id-1", "3.5", "yes"]),
        ("$[1:3,0]", ["5.1", "3.5", "id-1"]),
        ("$[0,2:,-1]", ["id-1", "3.5", "yes", "yes"]),
        ("$[:1,3:]", ["id-1", "yes"]),
        ("$[-1, : 2 ]", ["yes", "id-1", "5.1"]),
        ("$[0,9:]", ["id-1"]),
        ("$[:]", ROW),
    ],
)
def test_columns_are_selected(path: str, selected: Any) -> None:
    assert parse(path).select(ROW) == selected


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        ("$.features", [1, 2, 3]),
        ("$.features[0:2]", [1, 2]),
        ("$['features'][1]", 2),
        ("$['id','features']", {"id": 1, "features": [1, 2, 3]}),
        ("$.meta['a b']", 4),
        ("$.meta.c.d", 5),
        ("$.meta.['c'].d", 5),
        ("$.rows[*].x", [1, 2]),
        ("$.features[0,2:]", [1, 3]),
        ("$.rows[1,0:1].x", [2, 1]),
        ("$.meta.c.*", [5]),
        ('$["id"]', 1),
    ],
)
def test_members_are_selected(path: str, selected: Any) -> None:
    assert parse(path).select(RECORD) == selected


@pytest.mark.parametrize(
    "text",
    [
        "features",
        "$features",
        "$.",
        "$[",
        "$[a]",
        "$[?(@.x)]",
        "$..x",
        "$['a'",
        "$[1:2:3]",
        "$[1,]",
        "$[,1:]",
        "$[0,'id']",
        "$[1 2:]",
        "$[-:]",
        "$[1:-]",
        "$ .a",
        "",
    ],
)
def test_what_is_not_of_the_dialect_is_refused(text: str) -> None:
    with pytest.raises(BadPath):
        parse(text)


@pytest.mark.parametrize(
    "path", ["$[9]", "$[0,9]", "$[1:,9]", "$.absent", "$.features.x", "$.id[0]", "$['id','absent']"]
)
def test_what_is_not_there_is_named(path: str) -> None:
    with pytest.raises(NotThere) as caught:
        parse(path).select(RECORD)
    assert path in str(caught.value)
