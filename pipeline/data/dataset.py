"""A data set: where its records come from, written as two splits, and what a user should know of it."""

from __future__ import annotations

import statistics
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.data.frame import Record, write_records


@dataclass(frozen=True, slots=True)
class Summary:
    """What two written splits hold, and what was left out on the way."""

    name: str
    categories: Sequence[str]
    """A category's position is its label."""
    train: Mapping[str, int]
    """Category → train records."""
    test: Mapping[str, int]
    dropped: Mapping[str, int] = field(default_factory=dict)
    """What was left out → how many."""
    is_ordered: bool = False
    """Whether the train records are in the order of time."""

    @property
    def train_records(self) -> int:
        """How many train records there are."""
        return sum(self.train.values())

    @property
    def test_records(self) -> int:
        """How many test records there are."""
        return sum(self.test.values())

    def describe(self) -> list[str]:
        """Say in lines of text how many records there are, how the categories are balanced, and what was dropped."""
        counts = Counter(self.train).most_common()
        (largest, most), (smallest, fewest) = counts[0], counts[-1]
        lines = [
            f"data: {self.name}: {self.train_records:,} train and {self.test_records:,} test records, "
            f"{len(self.categories)} categories",
            f"balance: from {fewest:,} train records ({smallest}) to {most:,} ({largest}), "
            f"median {statistics.median(self.train.values()):,.0f}",
        ]
        dropped = [f"{count:,} {what}" for what, count in self.dropped.items() if count]
        lines.append(f"dropped: {', '.join(dropped) or 'nothing'}")
        if missing := sorted(set(self.categories) - {name for name, count in self.test.items() if count}):
            lines.append(f"note: no test records for {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}")
        return lines


class Dataset(ABC):
    """Records that can be written as two splits."""

    @abstractmethod
    def write(self, train: Path, test: Path) -> Summary:
        """Write both splits.

        Raises
        ------
        BadInput
            If the records cannot be used.
        """


@dataclass(frozen=True, slots=True)
class Bundled(Dataset):
    """A data set small enough to be held whole."""

    name: str
    categories: Sequence[str]
    train: Sequence[Record]
    test: Sequence[Record]
    dropped: Mapping[str, int] = field(default_factory=dict)
    is_ordered: bool = False

    def write(self, train: Path, test: Path) -> Summary:
        counts = []
        for records, path in ((self.train, train), (self.test, test)):
            counted: Counter[str] = Counter()
            write_records(counting(records, counted), path)
            counts.append(counted)
        return Summary(self.name, self.categories, counts[0], counts[1], self.dropped, self.is_ordered)


def counting(records: Iterable[Record], counts: Counter[str]) -> Iterator[Record]:
    """Let records pass, and count their categories."""
    for record in records:
        counts[record.category] += 1
        yield record
