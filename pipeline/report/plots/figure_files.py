"""Figures as PNG and SVG files, and as the SVG that the page holds: without what HTML cannot have twice, and in the
page's own colours, so that it follows light and dark.
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.report.plots.style import BLUE, GREEN, GRID, INK, ORANGE, PAPER, PURPLE, QUIET, Plot, house_style

_DPI = 144
_COLOURS = {
    INK: "var(--ink)",
    GRID: "var(--grid)",
    PAPER: "none",
    QUIET: "var(--quiet)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
    GREEN: "var(--green)",
    PURPLE: "var(--purple)",
}
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>|\s*<defs>\s*<style.*?</style>\s*</defs>|<!--.*?-->", re.DOTALL)
_ID = re.compile(r'id="([^"]+)"')
_TAG = re.compile(r"<[^>]+>")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_TEXT = re.compile(r"<text[^>]*>([^<]*)</text>")


@dataclass(frozen=True, slots=True)
class PageFigure:
    """A figure as the page shows it."""

    name: str
    title: str
    description: str
    svg: str
    width: float
    """Inches."""


def write(plot: Plot, directory: Path) -> PageFigure:
    """Write `<name>.png` and `<name>.svg`, and return what the page shows."""
    content = io.StringIO()
    with house_style():
        plot.figure.savefig(content, format="svg", metadata={"Date": None, "Title": plot.title})
        plot.figure.set_layout_engine("none")  # it has been laid out, and that is half the work of drawing
        plot.figure.savefig(directory / f"{plot.name}.png", dpi=_DPI)
    svg = content.getvalue()
    (directory / f"{plot.name}.svg").write_text(svg, encoding="utf-8")
    return PageFigure(
        plot.name, plot.title, plot.description, inline(svg, plot.name), float(plot.figure.get_figwidth())
    )


def inline(svg: str, name: str) -> str:
    """Return an SVG document as an element of an HTML page."""
    element = _METADATA.sub("", _PROLOGUE.sub("", svg, count=1))
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', element))
    element = _ID.sub(lambda found: f'id="{name}-{found[1]}"' if found[1] in used else "", element)
    element = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", element)
    for colour, variable in _COLOURS.items():
        element = element.replace(colour, variable)
    element = _TAG.sub(lambda tag: _NUMBER.sub(_rounded, tag[0]), element)
    element = re.sub(r">\s+<", "><", element)
    return re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true" focusable="false">', element
    )


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def font(figures: list[PageFigure], family_file: Path) -> str:
    """Return the letters that the figures use of a font, as a data URL: with them, every word is as wide as drawn."""
    from fontTools import subset

    characters = {character for figure in figures for text in _TEXT.findall(figure.svg) for character in text}
    options = subset.Options(flavor="woff", layout_features=["kern"], hinting=False)
    options.drop_tables += ["FFTM"]  # FontForge's time stamps, which it would complain of
    content = io.BytesIO()
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(character) for character in characters | set("&<>")])
    with subset.load_font(str(family_file), options) as opened:
        cutter.subset(opened)
        subset.save_font(opened, content, options)
    return "data:font/woff;base64," + base64.b64encode(content.getvalue()).decode()
