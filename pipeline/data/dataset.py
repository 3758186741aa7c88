"""A data set ready to be written: its two splits, and what a user should know of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True)
class Dataset:
    """Train and test frames (see `pipeline.data.frame`), where they come from, and what was left out on the way."""

    name: str
    train: pd.DataFrame
    test: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)
    """What was left out → how many."""
    is_ordered: bool = False
    """Whether the train records are in the order of time."""

    @property
    def categories(self) -> list[str]:
        """The categories' names; a category's position is its label."""
        pairs = pd.concat([self.train, self.test])[["label", "label_names"]].drop_duplicates().sort_values("label")
        return pairs["label_names"].tolist()

    def describe(self) -> list[str]:
        """Say in lines of text how many records there are, how the categories are balanced, and what was dropped."""
        counts = self.train["label_names"].value_counts()
        largest, smallest = counts.index[0], counts.index[-1]
        lines = [
            f"data: {self.name}: {len(self.train):,} train and {len(self.test):,} test records, "
            f"{len(self.categories)} categories",
            f"balance: from {counts.iloc[-1]:,} train records ({smallest}) to {counts.iloc[0]:,} ({largest}), "
            f"median {counts.median():,.0f}",
        ]
        dropped = [f"{count:,} {what}" for what, count in self.dropped.items() if count]
        lines.append(f"dropped: {', '.join(dropped) or 'nothing'}")
        if missing := sorted(set(self.categories) - set(self.test["label_names"])):
            lines.append(f"note: no test records for {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}")
        return lines
