"""What was measured, put down in `docs/`: the figures, and the page and the chart that are made of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.scale.chart import draw
from benchmarks.scale.page import page
from benchmarks.scale.verdicts import PLAIN

_DOCS = Path(__file__).parents[2] / "docs"
_FIGURES, _PAGE, _CHART = _DOCS / "scale.json", _DOCS / "scale.md", _DOCS / "scale.svg"


def note(section: str, found: Mapping[str, Any], names: Sequence[str]) -> None:
    """Put a row in the place of an earlier one of the same names, and write the page."""
    row = {**found, "measured": datetime.now(UTC).date().isoformat()}
    print(json.dumps(row), flush=True)
    figures: dict[str, Any] = {"training": [], "batch": []}
    if _FIGURES.exists():
        figures |= json.loads(_FIGURES.read_bytes())
    kept = [other for other in figures.get(section, []) if any(other[name] != row[name] for name in names)]
    figures |= {section: [*kept, row], "machine": machine(), "cores": os.cpu_count()}
    _FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if figures["batch"] and any(other["what"] == PLAIN for other in figures["training"]):
        _PAGE.write_text(page(figures), encoding="utf-8")
        draw(figures, _CHART)
