"""What a section of the benchmarks finds: figures, and how they stand to what they should reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure of one contender."""

    contender: str
    what: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure held to what it should reach."""

    what: str
    must: str
    found: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What one section found."""

    name: str
    title: str
    method: str
    """How it was measured, for the page."""
    figures: list[Figure] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    measured: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())
    """The day; a page may have sections of several."""

    def add(self, contender: str, what: str, value: float, unit: str) -> None:
        """Note a figure."""
        self.figures.append(Figure(contender, what, value, unit))

    def contenders(self) -> set[str]:
        """Return who has figures here."""
        return {figure.contender for figure in self.figures}

    def value(self, contender: str, what: str) -> float:
        """Return a figure that was noted."""
        (found,) = (figure.value for figure in self.figures if (figure.contender, figure.what) == (contender, what))
        return found

    def at_most(self, what: str, found: float, limit: float, unit: str = "×") -> None:
        """Hold a figure to an upper limit."""
        self.verdicts.append(Verdict(what, f"≤ {limit:g} {unit}", f"{found:.3g} {unit}", found <= limit))

    def at_least(self, what: str, found: float, limit: float, unit: str = "×") -> None:
        """Hold a figure to a lower limit."""
        self.verdicts.append(Verdict(what, f"≥ {limit:g} {unit}", f"{found:.3g} {unit}", found >= limit))
