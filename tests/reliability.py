"""Notes what tests of reliability tried and what they saw, for `docs/reliability.md`.

With `RELIABILITY_REPORT=<directory>` in the environment each note goes to a JSON list there; without it, nowhere.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

VARIABLE = "RELIABILITY_REPORT"


def note(name: str, section: str, what: str, got: str) -> None:
    """Add a row to `<directory>/<name>.json`; a row of an earlier run of the same test is replaced."""
    directory = os.environ.get(VARIABLE)
    if directory is None:
        return
    path = Path(directory) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    rows = [row for row in rows if (row["section"], row["what"]) != (section, what)]
    rows.append({"section": section, "what": what, "got": got})
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
