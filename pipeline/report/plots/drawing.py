"""All figures of a report, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.report.figures.analysis import Analysis
from pipeline.report.figures.data.words import FEWER_THAN, MORE_THAN
from pipeline.report.plots.clouds import cloud_of_words, clouds_by_category
from pipeline.report.plots.confidence_plots import coverage_plot, difference_plot, reliability_plot, slices_plot
from pipeline.report.plots.curve_plots import precision_recall_plot, roc_plot
from pipeline.report.plots.data_plots import data_plots
from pipeline.report.plots.score_plots import confusion_plots, scores_by_category
from pipeline.report.plots.style import Plot, house_style
from pipeline.report.sources.served_model import SUBJECT


def n_plots(analysis: Analysis) -> int:
    """Return how many figures `draw` yields."""
    return 17 + len(analysis.categories) + (2 if analysis.comparison else 0)


def draw(analysis: Analysis) -> Iterator[Plot]:
    """Draw one figure after the other."""
    with house_style():
        yield from data_plots(analysis.data, analysis.series)
        yield from _clouds(analysis)
        yield from _of_model(analysis)
        if analysis.comparison is not None:
            one, other = analysis.comparison.one, analysis.comparison.other
            yield difference_plot(analysis.comparison)
            yield coverage_plot([(one.name, one.coverage), (other.name, other.coverage)])


def _clouds(analysis: Analysis) -> Iterator[Plot]:
    words = analysis.series.words
    yield cloud_of_words("cloud", "Word cloud of the train split", "of all words", words.counts)
    yield cloud_of_words(
        "cloud-between-bounds",
        f"Word cloud of the words with {MORE_THAN + 1} to {FEWER_THAN - 1} occurrences",
        "of the words between the reference's bounds",
        words.between_bounds(),
    )
    of_subject = np.array([term.startswith(SUBJECT) for term in analysis.terms])
    yield from clouds_by_category(analysis.categories, analysis.terms, analysis.series.means, of_subject)


def _of_model(analysis: Analysis) -> Iterator[Plot]:
    model = analysis.model
    yield scores_by_category(model.scores.per_category)
    yield from confusion_plots(model.confusion, analysis.categories, analysis.families)
    yield roc_plot(analysis.categories, model.curves, model.one_vs_rest)
    yield precision_recall_plot(analysis.categories, model.curves, model.one_vs_rest)
    yield reliability_plot(model.reliability)
    yield coverage_plot([("pipeline", model.coverage)])
    yield slices_plot("accuracy-by-length", "Accuracy against text length", "words of a text", model.by_length)
    yield slices_plot(
        "accuracy-by-known-words",
        "Accuracy against the share of known words",
        "share of a text's words that the model knows",
        model.by_known_share,
        percent=True,
    )
