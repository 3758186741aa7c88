"""What the first training job tried, and why the settings that won are the model's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.output.tables import Cell, Column, Table, fixed, whole


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice, as the page shows it."""

    chosen: str
    why: str
    probabilities: str
    tried: Table


def choice(selection: Mapping[str, Any] | None) -> Choice | None:
    """Return what a manifest's selection says; None where the settings were given, or by older code that kept less."""
    if selection is None or "why" not in selection:
        return None
    calibration = selection["calibration"]
    probabilities = (
        f"Calibration error on answers to records that were not learnt from: {fixed(calibration['error_before'])} "
        f"before, {fixed(calibration['error_after'])} after the temperature of {calibration['temperature']:.3f}"
    )
    return Choice(selection["chosen"], selection["why"], probabilities, _tried(selection))


def _tried(selection: Mapping[str, Any]) -> Table:
    names = ("Candidate", "Accuracy", "Log loss", "Passes", "Records")
    columns = [Column(name, number=position > 0) for position, name in enumerate(names)]
    rows = [
        [
            Cell(f"{found['name']} (chosen)" if found["name"] == selection["chosen"] else found["name"]),
            Cell(fixed(found["accuracy"]), found["accuracy"]),
            Cell(fixed(found["log_loss"]), found["log_loss"]),
            Cell(whole(found["classifier"]["passes"]), found["classifier"]["passes"]),
            Cell(whole(found["records"]), found["records"]),
        ]
        for found in selection["candidates"]
    ]
    return Table(columns, rows)
