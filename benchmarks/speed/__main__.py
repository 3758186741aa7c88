"""`make bench`: measures what was asked for, prints it, and writes `docs/benchmarks.md`, its chart and its JSON file.

Sections that were left out keep the figures that the JSON file holds, so a single section can be measured anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.speed import chain, environments, in_process, invoking, load, namespaces, starting, transforms
from benchmarks.speed.chart import draw
from benchmarks.speed.page import page
from benchmarks.speed.results import Figure, Section, Verdict
from tests.image import build

_DOCS = Path(__file__).parents[2] / "docs"
_SECTIONS: dict[str, tuple[Callable[[int], Section], int, int]] = {
    "chain": (chain.measure, 80, 4),
    "handlers": (in_process.measure_handlers, 5, 1),
    "clients": (load.measure_clients, 5, 1),
    "payloads": (load.measure_payloads, 15, 2),
    "batch": (in_process.measure_batch, 7, 1),
    "fit": (in_process.measure_fit, 5, 1),
    "transform": (transforms.measure, 100, 1),
    "start": (starting.measure, 3, 1),
    "namespaces": (namespaces.measure, 40, 2),
    "invoke": (invoking.measure, 60, 4),
}
"""Each section's function, and how many rounds it does in earnest and for a quick look."""
_JUDGES: dict[str, Callable[[Section], None]] = {
    "chain": chain.judge,
    "clients": load.judge_clients,
    "start": starting.judge,
    "invoke": invoking.judge,
}
"""What holds the figures of a section to what they should be, those of an earlier day too."""


def main() -> int:
    """Measure, print, write; return the exit code."""
    arguments = _arguments()
    python = build.find_python()
    if python is None:
        print(f"bench: {build.NO_PYTHON}", file=sys.stderr)
        return 1
    if not build.is_current():
        print("building .test-image with the AWS image's versions, a minute or two ...", flush=True)
        build.build(python)
    measured = _kept(arguments.output / "benchmarks.json")
    for name in arguments.only:
        measure, rounds, few = _SECTIONS[name]
        began = time.monotonic()
        measured[name] = measure(few if arguments.quick else rounds)
        _print(measured[name], time.monotonic() - began)
        sections = [measured[name] for name in _SECTIONS if name in measured]
        _write(arguments.output, sections)  # each time: a section that fails later on takes nothing back
    missed = [verdict for section in sections for verdict in section.verdicts if not verdict.reached]
    print(f"{len(missed)} of {sum(len(section.verdicts) for section in sections)} figures were not reached")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.speed", description=__doc__)
    parser.add_argument("--only", type=_names, default=list(_SECTIONS), help=f"some of {','.join(_SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="a few rounds, to see that all works")
    parser.add_argument("--output", type=Path, default=_DOCS, help="folder of benchmarks.md, .svg and .json")
    return parser.parse_args()


def _names(value: str) -> list[str]:
    names = [name.strip() for name in value.split(",") if name.strip()] or list(_SECTIONS)
    if unknown := [name for name in names if name not in _SECTIONS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(_SECTIONS)}")
    return names


def _print(section: Section, took: float) -> None:
    print(f"\n{section.title} ({took:.0f} s)")
    for figure in section.figures:
        print(f"  {figure.contender:<30} {figure.what:<28} {figure.value:>12,.3f} {figure.unit}")
    for verdict in section.verdicts:
        mark = "reached" if verdict.reached else "NOT REACHED"
        print(f"  {verdict.what}: {verdict.found}, must be {verdict.must}: {mark}")
    for note in section.notes:
        print(f"  left out: {note}")
    sys.stdout.flush()


def _kept(path: Path) -> dict[str, Section]:
    if not path.exists():
        return {}
    return {section["name"]: _read(section) for section in json.loads(path.read_bytes())["sections"]}


def _read(content: dict[str, Any]) -> Section:
    figures = [Figure(**figure) for figure in content.pop("figures")]
    verdicts = [Verdict(**verdict) for verdict in content.pop("verdicts")]
    section = Section(**content, figures=figures, verdicts=verdicts)
    if judge := _JUDGES.get(section.name):
        section.verdicts.clear()
        judge(section)
    return section


def _write(directory: Path, sections: list[Section]) -> None:
    about = _machine()
    directory.mkdir(parents=True, exist_ok=True)
    draw(sections, directory / "benchmarks.svg")
    content = {"machine": about, "sections": [asdict(section) for section in sections]}
    (directory / "benchmarks.json").write_text(
        json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (directory / "benchmarks.md").write_text(page(sections, about, "benchmarks.svg"), encoding="utf-8")


def _machine() -> dict[str, Any]:
    image = build.python_of_environment()
    held = ("scikit-learn", "numpy", "pyarrow", "gunicorn") if image.exists() else ()
    versions = {name: environments.version(image, name) for name in held}
    peers = {
        peer.name: environments.version(peer.executable, peer.requirements[0].partition("==")[0])
        for peer in (environments.MLSERVER, environments.BENTOML, environments.FASTTEXT)
        if peer.executable.exists()
    }
    return {
        "machine": machine(),
        "load of the machine before the last look": f"{os.getloadavg()[0]:.1f}",
        "in the image's environment": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "peers": ", ".join(f"{name} {version}" for name, version in peers.items()),
    }


if __name__ == "__main__":
    sys.exit(main())
