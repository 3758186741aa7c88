"""One page of a bucket's keys, with what lies behind a delimiter rolled up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local_sagemaker.s3.store.names import successor
from local_sagemaker.s3.store.objects import ObjectInfo, ObjectStore

_SCANNED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Objects and common prefixes of one page. `next_start` is the first key (as bytes) that the next page may have,
    None on the last; `last` is the last entry of this one.
    """

    objects: Sequence[ObjectInfo]
    common_prefixes: Sequence[str]
    next_start: bytes | None
    last: str | None


def page(store: ObjectStore, bucket: str, prefix: str, delimiter: str, start: bytes, limit: int) -> Page:
    """Collect up to `limit` entries whose keys are at or after `start`. A page of none says that nothing follows, as
    in S3.
    """
    if limit == 0:
        return Page([], [], None, None)
    objects: list[ObjectInfo] = []
    common: list[str] = []
    last: str | None = None
    for entry in _entries(store, bucket, prefix, delimiter, start):
        if len(objects) + len(common) == limit:
            key = entry if isinstance(entry, str) else entry.key
            return Page(objects, common, key.encode(), last)
        if isinstance(entry, str):
            common.append(entry)
            last = entry
        else:
            objects.append(entry)
            last = entry.key
    return Page(objects, common, None, last)


def start_after(key: str, prefix: str, delimiter: str) -> bytes:
    """Return the start of what comes after a key, or after all that a common prefix stands for; an empty key is the
    start of all.
    """
    if not key:
        return b""
    is_common = bool(delimiter) and key.startswith(prefix) and key[len(prefix) :].endswith(delimiter)
    return (successor(key.encode()) if is_common else None) or key.encode() + b"\0"


def _entries(store: ObjectStore, bucket: str, prefix: str, delimiter: str, start: bytes) -> Iterator[ObjectInfo | str]:
    """Go through objects and, as strings, common prefixes."""
    position, end = max(start, prefix.encode()), successor(prefix.encode())
    while found := store.scan(bucket, position, end, _SCANNED_AT_ONCE):
        for info in found:
            position = info.key.encode() + b"\0"
            rolled_up = _common_prefix(info.key, prefix, delimiter)
            if rolled_up is not None:
                yield rolled_up
                position = successor(rolled_up.encode()) or position
                break  # look again behind all that the prefix stands for
            yield info


def _common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    place = key.find(delimiter, len(prefix))
    return None if place < 0 else key[: place + len(delimiter)]
