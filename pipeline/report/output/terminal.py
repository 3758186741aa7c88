"""An explanation for people, in a terminal's colours: what speaks for the category, what for the runner-up."""

from __future__ import annotations

import re
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.report.figures.model.explanation import Explanation
from pipeline.report.sources.served_model import ServedModel

_MOST_TERMS = 20
_BAR = 24
_FOR, _AGAINST, _UNKNOWN, _STOP = "bold cyan", "bold dark_orange", "underline yellow", "dim"
_WORD = re.compile(r"\w+")
_MOST_CHARACTERS = 2000


def show(found: Explanation, model: ServedModel, text: str) -> None:
    """Print an explanation; without a terminal there are no colours, and lines are not folded."""
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(Text(f"{found.category}  {found.probability:.2%}", style=_FOR))
    console.print(Text(f"runner-up {found.runner_up}  {found.runner_up_probability:.2%}", style=_AGAINST))
    console.print(
        f"The score of {found.category} is {found.difference:.4f} above the runner-up's (natural logarithm, before the "
        f"temperature {found.temperature:g} that makes the probabilities). It is the sum of these parts:",
        markup=False,
    )
    console.print(_parts(found))
    for name, words, style in (("unknown words", found.unknown, _UNKNOWN), ("stop words", found.stop_words, _STOP)):
        if words:
            console.print(Text(f"{name}, no part: ").append(" ".join(words), style=style))
    if not found.terms:
        console.print("No word of the text is known: the answer follows from the priors alone.")
    console.print(Text("\n").append(_coloured(found, model, text)))


def _parts(found: Explanation) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("part", "share", "times"):
        table.add_column(name, justify="right")
    table.add_column("word")
    table.add_column("")
    largest = max((abs(term.part) for term in found.terms), default=1.0) or 1.0
    for term in found.terms[:_MOST_TERMS]:
        style = _FOR if term.part > 0 else _AGAINST
        bar = Text("█" * round(_BAR * abs(term.part) / largest), style=style)
        word = Text(term.term, style=style)
        table.add_row(f"{term.part:+.4f}", _percent(term.share), f"{term.count}", word, bar)
    if rest := found.terms[_MOST_TERMS:]:
        part = sum(term.part for term in rest)
        share = None if found.prior_share is None else sum(term.share or 0 for term in rest)
        table.add_row(f"{part:+.4f}", _percent(share), "", f"{len(rest)} more words", "")
    table.add_row(f"{found.prior:+.4f}", _percent(found.prior_share), "", "how common the categories are", "")
    table.add_row(f"{found.difference:+.4f}", _percent(None if found.prior_share is None else 1.0), "", "together", "")
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _coloured(found: Explanation, model: ServedModel, text: str) -> Text:
    """Return the text with each word in the colour of its part."""
    parts = {term.term: term.part for term in found.terms}
    cut = text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} …"
    coloured = Text(cut)
    for word in _WORD.finditer(cut):
        tokens = [model.readable(token) for token in model.words_of(word.group()) if len(token) > 1]
        known = [parts[token] for token in tokens if token in parts]
        if known and sum(known):
            coloured.stylize(_FOR if sum(known) > 0 else _AGAINST, *word.span())
        elif any(token in found.unknown for token in tokens):
            coloured.stylize(_UNKNOWN, *word.span())
        elif any(token in found.stop_words for token in tokens):
            coloured.stylize(_STOP, *word.span())
    return coloured
