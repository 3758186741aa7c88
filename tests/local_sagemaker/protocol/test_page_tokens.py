"""A token leads on in its own list and order, and whatever else is sent as one is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.protocol import page_tokens
from local_sagemaker.protocol.page_tokens import ForeignToken

OF = ["models", "by name"]
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
places = st.lists(st.text() | numbers, min_size=1, max_size=3)


def token_of(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@given(place=places)
def test_a_token_gives_its_place_back(place: list[Any]) -> None:
    assert page_tokens.place(page_tokens.written(place, OF), place, OF) == place


@pytest.mark.parametrize("of", [["models", "by time"], ["endpoints", "by name"], ["models"], []])
def test_a_token_of_another_list_or_order_is_foreign(of: list[str]) -> None:
    with pytest.raises(ForeignToken):
        page_tokens.place(page_tokens.written(["a"], OF), [""], of)


@pytest.mark.parametrize(
    "place",
    [[], ["a"], ["a", 1, 2], [1, "a"], ["a", 1.5], ["a", True], ["a", 2**63], ["a", None], ["\ud800", 1], "a", {}],
)
def test_a_place_of_another_shape_is_foreign(place: Any) -> None:
    with pytest.raises(ForeignToken):
        page_tokens.place(token_of([OF, place]), ["", 0], OF)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_what_is_no_number_is_foreign(number: str) -> None:
    content = f'[["models", "by name"], [{number}]]'.encode()
    with pytest.raises(ForeignToken):
        page_tokens.place(base64.urlsafe_b64encode(content).decode(), [0.0], OF)


@given(token=st.text() | st.binary().map(lambda content: base64.b64encode(content).decode()))
def test_anything_else_is_foreign(token: str) -> None:
    with pytest.raises(ForeignToken):
        page_tokens.place(token, ["", 0], OF)
