"""Word clouds: laid out by the package `wordcloud`, drawn as text, so that they stay sharp, small and searchable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import ImageFont
from wordcloud import WordCloud

from pipeline.report.plots.style import BLUE, FONT, GREEN, ORANGE, PURPLE, WIDTH, Plot, shortened

_FONT_FILE = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_POINTS = 72
_SEED = 20


def cloud_of_words(name: str, title: str, what: str, counts: Mapping[str, int]) -> Plot:
    """Draw a wide cloud; a word's size follows its count."""
    first = ", ".join(sorted(counts, key=lambda word: (-counts[word], word))[:10])
    return Plot(name, title, f"Word cloud {what}. The largest words: {first}.", _cloud(counts, WIDTH, 3.6, 150))


def clouds_by_category(
    categories: Sequence[str], terms: Sequence[str], means: NDArray[np.float32], left_out: NDArray[np.bool_]
) -> list[Plot]:
    """Draw a cloud for each category; a word's size follows its mean TF-IDF over the category's train records.

    `left_out` says which terms are no plain words: those of subjects.
    """
    plots = []
    for label, category in enumerate(categories):
        of_words = np.where(left_out, 0, means[label])
        order = np.argsort(-of_words, kind="stable")[:45]
        weights = {terms[column]: float(of_words[column]) for column in order.tolist() if of_words[column] > 0}
        plots.append(
            Plot(
                f"cloud-{label + 1:03d}",
                category,
                f"Word cloud of {category}. The largest words: {', '.join(list(weights)[:8])}.",
                _cloud(weights, WIDTH / 2, 2.0, 45),
            )
        )
    return plots


def _cloud(weights: Mapping[str, float], width: float, height: float, n_words: int) -> Figure:
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    across, down = round(width * _POINTS), round(height * _POINTS)
    axes.set(xlim=(0, across), ylim=(down, 0))
    if not weights:
        axes.text(across / 2, down / 2, "no words", ha="center", va="center")
        return figure
    laid_out = WordCloud(
        font_path=str(_FONT_FILE),
        width=across,
        height=down,
        margin=2,
        max_words=n_words,
        prefer_horizontal=1.0,
        relative_scaling=0.5,
        min_font_size=5,
        max_font_size=down // 5,
        random_state=_SEED,
    ).generate_from_frequencies(weights)
    colours = (BLUE, ORANGE, GREEN, PURPLE)
    for number, ((word, _), size, (top, left), _, _) in enumerate(laid_out.layout_):
        # The layout places the corner of a word's ink, matplotlib the beginning of its baseline.
        ink_left, ink_top, _, _ = ImageFont.truetype(str(_FONT_FILE), size).getbbox(word, anchor="ls")
        colour = colours[number % len(colours)]
        axes.text(
            left - ink_left, top - ink_top, shortened(word, 99), fontsize=size, va="baseline", color=colour, family=FONT
        )
    return figure
