"""Writes `docs/reliability.md` from what the tests noted: `python -m tests.reliability_page <directory of notes>`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "reliability.md"

Row = Mapping[str, str]

_HEAD = """# Reliability

What was tried to break the containers and the local SageMaker, and what came of it. The test runs write this page
themselves: `make reliability` runs the tests of bad input, faults, fuzzing and load, and puts down what each saw.
Timings are those of the machine that it ran on, and say little of another.
"""


def notes(directory: Path, name: str) -> list[Row]:
    """Read what the tests noted under a name; nothing where they did not run."""
    path = directory / f"{name}.json"
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return rows


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a Markdown table."""
    lines = [list(columns)]
    lines += [["---"] * len(lines[0]), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def bad_requests(directory: Path) -> str:
    """What containers got that they must refuse or answer, in both stacks."""
    parts = [
        "## Bad requests",
        "Each is sent over HTTP to a running container, and refused with a JSON body "
        '`{"error": {"code", "message", "record"?}}` that says what is wrong, where, and what to send instead.',
    ]
    for section in ("To the preprocessor", "To the classifier"):
        parts += [f"### {section}", _side_by_side(directory, "bad-requests", section)]
    return "\n\n".join([*parts, "## Odd requests", _side_by_side(directory, "odd-requests", "Odd requests")])


def _side_by_side(directory: Path, name: str, section: str) -> str:
    local, image = (
        {row["what"]: row["got"] for row in notes(directory, found) if row["section"] == section}
        for found in (name, f"{name}-image")
    )
    rows = [[what, local.get(what, "not run"), image.get(what, "not run")] for what in sorted({*local, *image})]
    return table(["request", "locally", "in the AWS image's environment"], rows)


def sections(directory: Path, name: str, columns: tuple[str, str]) -> str:
    """One table for each section of a name's notes, in alphabetical order."""
    rows = notes(directory, name)
    parts = []
    for section in sorted({row["section"] for row in rows}):
        found = sorted((row["what"], row["got"]) for row in rows if row["section"] == section)
        parts += [f"### {section}", table(columns, found)]
    return "\n\n".join(parts)


def fuzzing(directory: Path) -> str:
    """How many cases of each property were tried, and how long it took."""
    rows = sorted((row["what"], row["got"]) for row in notes(directory, "fuzzing"))
    told = "Anything that hypothesis thinks of: no crash, no 500, no hang (10 s a case), and bounded memory."
    return "\n\n".join(["## Fuzzing", told, table(["what holds", "tried"], rows)])


def soak(directory: Path) -> str:
    """The soak's figures."""
    rows = [(row["what"], row["got"]) for row in notes(directory, "soak")]
    told = (
        "64 clients send single records, batches and bad requests to one endpoint, which is updated every 20 seconds "
        "and loses a container to SIGKILL every 30. Every answer is compared with the one given at rest. A request "
        "counts as lost when no container answered it and it was not in flight at a kill."
    )
    return "\n\n".join(["## Soak", told, table(["figure", ""], rows)])


def page(directory: Path) -> str:
    """Write the page."""
    parts = [
        _HEAD,
        bad_requests(directory),
        "## Faults",
        sections(directory, "faults", ("fault", "what survived")),
        fuzzing(directory),
        soak(directory),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(Path(sys.argv[1])), encoding="utf-8")
    print(f"written: {PAGE.relative_to(CHECKOUT)}")
