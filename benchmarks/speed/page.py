"""What was found, as a page: `docs/benchmarks.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks import markdown
from benchmarks.speed.results import Figure, Section, Verdict


def page(sections: Sequence[Section], machine: dict[str, Any], chart: str) -> str:
    """Write the page.

    Parameters
    ----------
    sections : sequence of Section
    machine : dict
        What it was measured on, and with which versions.
    chart : str
        The chart's path, as seen from the page.
    """
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench`; do not edit. All contenders of a section take turns in one run, so that what "
            "disturbs the machine disturbs all of them; figures are medians, ratios are of the same run.",
            "",
            *(f"- {name}: {value}" for name, value in machine.items()),
            "",
            f"![How the chains and the fits compare]({chart})",
            "",
            "## What must be reached",
            "",
            markdown.table(
                ["what", "must", "found", "", "measured on"],
                (_verdict(section, verdict) for section in sections for verdict in section.verdicts),
            ),
            "",
            *(line for section in sections for line in _section(section)),
            *_CONTENDERS,
            "",
        ]
    )


_CONTENDERS = (
    "## Who is who",
    "",
    "All containers run in the AWS image's environment (`make test-image` builds it) behind the image's own launcher: "
    "gunicorn with gevent workers, no nginx.",
    "",
    "- **echo**: containers that load nothing and answer 800 constant bytes through AWS's serving toolkit, which is "
    "Flask; what all else is held to.",
    "- **echo, WSGI**: the same behind our own WSGI application and reader of plain requests; the floor of what we "
    "serve.",
    "- **seed**, **best**: this pipeline with its two profiles, the Arrow wire and all checks of input on, as it is "
    "deployed: behind our own WSGI application.",
    "- **seed, toolkit**, **best, toolkit**: the same models and code behind AWS's toolkit (`--serving toolkit`).",
    "- **plain**: the texts of profile `seed` cleaned by regular expressions, `TfidfVectorizer.transform`, `save_npz`, "
    "`load_npz`, `MultinomialNB.predict`.",
    "- **Pipeline**, **MLServer**, **BentoML**: scikit-learn's `Pipeline` of both, in process and behind these "
    "servers.",
    "- **fastText**: `predict` of its own model, on the same texts and on texts that were cleaned before.",
)


def _section(section: Section) -> Iterable[str]:
    yield from (f"## {section.title}", "", f"{section.method} Measured on {section.measured}.", "")
    columns = list(dict.fromkeys((figure.what, figure.unit) for figure in section.figures))
    rows = []
    for contender in dict.fromkeys(figure.contender for figure in section.figures):
        own = {(figure.what, figure.unit): figure for figure in section.figures if figure.contender == contender}
        rows.append([contender, *(_cell(own.get(column)) for column in columns)])
    yield from (markdown.table(["", *(f"{what}, {unit}" for what, unit in columns)], rows), "")
    if section.notes:
        yield from (*(f"Left out: {note}." for note in section.notes), "")


def _verdict(section: Section, verdict: Verdict) -> list[str]:
    reached = "reached" if verdict.reached else "**not reached**"
    return [f"{section.title}: {verdict.what}", verdict.must, f"**{verdict.found}**", reached, section.measured]


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:.3g}"
