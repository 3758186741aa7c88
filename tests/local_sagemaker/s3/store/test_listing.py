"""Listings: order, prefixes, delimiters and pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_sagemaker.database import Database
from local_sagemaker.s3.store import objects
from local_sagemaker.s3.store.listing import page, start_after
from local_sagemaker.s3.store.objects import ObjectStore
from tests.local_sagemaker.wire import send, signed_for

KEYS = ["a", "a/b/1", "a/b/2", "a/c", "b", "b!", "b/", "b/x", "ä", "日本/x", "𝄞"]


@pytest.fixture
def filled(s3: Any, bucket: str) -> str:
    """A bucket with `KEYS`."""
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    return bucket


def keys(answer: dict[str, Any]) -> list[str]:
    return [entry["Key"] for entry in answer.get("Contents", [])]


def prefixes(answer: dict[str, Any]) -> list[str]:
    return [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])]


def test_keys_come_in_the_order_of_their_bytes(s3: Any, filled: str) -> None:
    assert keys(s3.list_objects_v2(Bucket=filled)) == sorted(KEYS, key=str.encode)
    assert keys(s3.list_objects(Bucket=filled)) == sorted(KEYS, key=str.encode)


def test_prefix_selects(s3: Any, filled: str) -> None:
    assert keys(s3.list_objects_v2(Bucket=filled, Prefix="a/b")) == ["a/b/1", "a/b/2"]
    assert keys(s3.list_objects_v2(Bucket=filled, Prefix="日")) == ["日本/x"]
    assert keys(s3.list_objects_v2(Bucket=filled, Prefix="none")) == []


def test_delimiter_rolls_up(s3: Any, filled: str) -> None:
    answer = s3.list_objects_v2(Bucket=filled, Delimiter="/")
    assert prefixes(answer) == ["a/", "b/", "日本/"]
    assert keys(answer) == ["a", "b", "b!", "ä", "𝄞"]
    assert answer["KeyCount"] == 8
    below = s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="a/")
    assert (prefixes(below), keys(below)) == (["a/b/"], ["a/c"])


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects"])
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_add_up_to_the_whole(s3: Any, filled: str, operation: str, size: int, delimiter: str) -> None:
    pages = s3.get_paginator(operation).paginate(
        Bucket=filled, Delimiter=delimiter, PaginationConfig={"PageSize": size}
    )
    found = list(pages)
    whole = s3.list_objects_v2(Bucket=filled, Delimiter=delimiter)
    assert [key for answer in found for key in keys(answer)] == keys(whole)
    assert [prefix for answer in found for prefix in prefixes(answer)] == prefixes(whole)
    assert all(len(keys(answer)) + len(prefixes(answer)) <= size for answer in found)


def test_listing_starts_after_a_key(s3: Any, filled: str) -> None:
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="b!"))[0] == "b/"
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="a/b"))[0] == "a/b/1"


def test_no_key_is_wanted(s3: Any, filled: str) -> None:
    answer = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert (keys(answer), answer["IsTruncated"]) == ([], False)


def test_keys_are_plain_where_no_encoding_is_asked_for(server: Any, filled: str) -> None:
    answer = send(server, "GET", f"/{filled}?list-type=2&prefix=%C3%A4", signed_for("s3"))
    assert "<Key>ä</Key>" in answer.body.decode()


def test_unknown_token_is_refused(s3: Any, filled: str) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.list_objects_v2(Bucket=filled, ContinuationToken="*")


def test_every_entry_says_what_is_stored(s3: Any, filled: str) -> None:
    (entry,) = s3.list_objects_v2(Bucket=filled, Prefix="a/c", FetchOwner=True)["Contents"]
    assert entry["Size"] == 1
    assert entry["ETag"] == '"9dd4e461268c8034f5c8564e155c67a6"'
    assert entry["LastModified"] == s3.head_object(Bucket=filled, Key="a/c")["LastModified"]
    assert entry["Owner"]["ID"] == "123456789012"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.sets(st.text(alphabet="ab/é", min_size=1, max_size=5), max_size=12),
    prefix=st.text(alphabet="ab/", max_size=2),
    delimiter=st.sampled_from(["", "/", "b"]),
    size=st.integers(1, 4),
)
def test_pages_are_what_the_definition_says(
    store: ObjectStore, names: set[str], prefix: str, delimiter: str, size: int
) -> None:
    with store.database.write() as rows:
        rows.execute("DELETE FROM objects")
        for name in names:
            values = ("bucket", name.encode(), "file", 0, "etag", 0, '{"content_type": "", "metadata": {}}')
            rows.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    expected = dict.fromkeys(_rolled_up(name, prefix, delimiter) for name in sorted(names, key=str.encode))
    expected.pop(None, None)
    found: list[str] = []
    start: bytes | None = start_after("", prefix, delimiter)
    while start is not None:
        one = page(store, "bucket", prefix, delimiter, start, size)
        entries = [info.key for info in one.objects] + list(one.common_prefixes)
        assert 0 < len(entries) <= size or not expected
        found += sorted(entries, key=str.encode)
        start = one.next_start
    assert found == list(expected)


def _rolled_up(name: str, prefix: str, delimiter: str) -> str | None:
    if not name.startswith(prefix):
        return None
    head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name[len(prefix) :], "", "")
    return prefix + head + found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A store with one bucket, without a server."""
    directory = tmp_path_factory.mktemp("store")
    with closing(Database(directory / "state.sqlite", [objects.SCHEMA])) as database:
        store = ObjectStore(database, directory / "objects")
        store.create_bucket("bucket")
        yield store


def test_a_token_of_another_listing_is_refused(s3: Any, filled: str) -> None:
    token = s3.list_objects_v2(Bucket=filled, MaxKeys=1)["NextContinuationToken"]
    for other in ({"Prefix": "a/"}, {"Delimiter": "/"}):
        with pytest.raises(ClientError, match="InvalidArgument"):
            s3.list_objects_v2(Bucket=filled, ContinuationToken=token, **other)


def test_buckets_are_listed_in_pages(client: Any, s3: Any) -> None:
    names = [f"paged-{number}" for number in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)
    pages = list(s3.get_paginator("list_buckets").paginate(Prefix="paged-", PaginationConfig={"PageSize": 2}))
    assert [[bucket["Name"] for bucket in page["Buckets"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert s3.list_buckets(Prefix="paged-", BucketRegion="eu-west-1")["Buckets"] == []
