"""What must be reached, computed from what was measured; a row whose figures are not there is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

PLAIN, SPARK = "train csv", "train csv --engine spark"
_MILLION = 1_000_000
_WHOLE_FROM = 100


class Verdict(NamedTuple):
    """One thing that must be reached."""

    what: str
    must: float
    unit: str
    found: float

    @property
    def line(self) -> str:
        """The row of the page's table."""
        reached = "reached" if self.found <= self.must else "**not reached**"
        found = f"{self.found:,.0f}" if self.found >= _WHOLE_FROM else f"{self.found:.3g}"
        return f"| {self.what} | ≤ {self.must:g} {self.unit} | {found} {self.unit} | {reached} |"


def verdicts(figures: dict[str, Any]) -> Iterator[Verdict]:
    """Judge the rows of each command, and Spark beside the plain engine."""
    training, batch = figures["training"], figures["batch"]
    yield from _growth(training)
    yield from _growth(batch)
    for row in _of(training, PLAIN):
        if row["records"] >= _MILLION:
            yield Verdict(
                "1,000,000 posts, files to both artefacts", 600, "s", seconds(row) * _MILLION / row["records"]
            )
            yield Verdict("the same, all processes together, at most", 3, "GB", most_memory(row) / 1e9)
    yield from _beside(_of(training, SPARK), _of(training, PLAIN))


def seconds(row: dict[str, Any]) -> float:
    """Return how long all steps took."""
    return float(sum(row["seconds"].values()))


def per_record(row: dict[str, Any]) -> float:
    """Return the seconds that a record took, over all steps."""
    return seconds(row) / float(row["records"])


def most_memory(row: dict[str, Any]) -> float:
    """Return the most bytes that all parts of a step took."""
    return float(max(sum(parts.values()) for parts in row["peaks"].values()))


def _of(rows: Sequence[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return sorted((row for row in rows if row["what"] == what), key=lambda row: int(row["records"]))


def _growth(rows: Sequence[dict[str, Any]]) -> Iterator[Verdict]:
    for what in dict.fromkeys(row["what"] for row in rows):
        found = _of(rows, what)
        if len(found) < 2:
            continue
        first, before, last = found[0], _much_smaller(found), found[-1]
        sizes = f"{last['records']:,} records against"
        yield Verdict(
            f"{what}: time per record, {sizes} {first['records']:,}", 1.1, "×", per_record(last) / per_record(first)
        )
        for step, parts in last["peaks"].items():
            for part, size in parts.items():
                if earlier := before["peaks"].get(step, {}).get(part):
                    name = f"{what}: most memory of {part} in {step}, {sizes} {before['records']:,}"
                    yield Verdict(name, 1.1, "×", size / earlier)


def _much_smaller(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the next size below the largest that is a tenth of it, or nearly; else the smallest."""
    largest = rows[-1]["records"]
    return next((row for row in reversed(rows) if row["records"] * 9 <= largest), rows[0])


def _beside(spark: Sequence[dict[str, Any]], plain: Sequence[dict[str, Any]]) -> Iterator[Verdict]:
    of_size = {row["records"]: row for row in plain}
    for row in spark:
        if other := of_size.get(row["records"]):
            name = f"Spark on this machine against the plain engine, {row['records']:,} records"
            yield Verdict(name, 2, "×", seconds(row) / seconds(other))
