"""CBOR: what is written is read back, and what is broken is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.http.cbor import NotCbor, decoded, encoded

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
        lambda time: time.replace(microsecond=0)
    )
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(values)
def test_a_value_is_read_back_as_it_was(value: Any) -> None:
    assert decoded(encoded(value)) == value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xf9\x3e\x00", 1.5),
        (b"\xfa\x47\xc3\x50\x00", 100_000.0),
        (b"\xbf\x61a\x01\xff", {"a": 1}),
        (b"\x9f\x01\x02\xff", [1, 2]),
        (b"\x7f\x61a\x61b\xff", "ab"),
        (b"\xc1\x1a\x65\x00\x00\x00", datetime.fromtimestamp(0x65000000, UTC)),
        (b"\xf7", None),
    ],
)
def test_other_writings_of_rfc_8949_are_read(data: bytes, value: Any) -> None:
    assert decoded(data) == value


@given(st.binary())
def test_whatever_bytes_come_there_is_a_value_or_a_refusal(data: bytes) -> None:
    try:
        decoded(data)
    except NotCbor:
        return


@pytest.mark.parametrize(
    "data", [b"", b"\x61", b"\x01\x01", b"\x9f" * 300, b"\xa1\x80\x01", b"\xc1\x61a", b"\x1c", b"\xfc", b"\x61\xff"]
)
def test_what_is_broken_is_refused(data: bytes) -> None:
    with pytest.raises(NotCbor):
        decoded(data)
