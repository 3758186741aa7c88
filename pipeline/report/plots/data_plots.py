"""Figures of the data: records, lengths, words, terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.analysis import Series
from pipeline.report.figures.data.data_figures import CategoryCount, DataFigures
from pipeline.report.figures.data.words import FEWER_THAN, MORE_THAN, WordCount, Words
from pipeline.report.plots.style import BLUE, GREEN, ORANGE, QUIET, Plot, legend_above, logarithmic, new, shortened

_BINS = 40


def data_plots(data: DataFigures, series: Series) -> list[Plot]:
    """Draw all of them."""
    return [
        records(data.counts),
        text_lengths(series.train_characters, series.test_characters),
        word_frequencies(series.words),
        most_frequent_words(data.words.most_frequent),
        terms_per_record(series.nonzeros),
        records_per_term(series.document_frequency),
    ]


def records(counts: Sequence[CategoryCount]) -> Plot:
    """Draw the records of each category in both splits."""
    figure, axes = new(0.9 + 0.24 * len(counts))
    positions = np.arange(len(counts))
    axes.barh(positions - 0.2, [count.train for count in counts], 0.38, color=BLUE, label="train")
    axes.barh(positions + 0.2, [count.test for count in counts], 0.38, color=ORANGE, label="test")
    axes.set_yticks(positions, [shortened(count.category) for count in counts])
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("records")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    legend_above(figure, axes)
    smallest, largest = min(counts, key=lambda count: count.train), max(counts, key=lambda count: count.train)
    missing = sum(not count.test for count in counts)
    return Plot(
        "records",
        "Records by category and split",
        f"Bars of the train and test records of {len(counts)} categories: from {smallest.train:,} train records "
        f"({smallest.category}) to {largest.train:,} ({largest.category})"
        f"{f'; {missing} categories have no test records' if missing else ''}.",
        figure,
    )


def text_lengths(train: NDArray[np.int64], test: NDArray[np.int64]) -> Plot:
    """Draw how long texts are."""
    figure, axes = new(2.8)
    longest = max(2, int(train.max(initial=1)), int(test.max(initial=1)))
    bins = np.geomspace(1, longest + 1, _BINS).tolist()
    for lengths, label, colour in ((train, "train", BLUE), (test, "test", ORANGE)):
        shares = np.full(len(lengths), 100 / max(len(lengths), 1))
        axes.hist(np.maximum(lengths, 1), bins, weights=shares, histtype="step", lw=1.8, color=colour, label=label)
    logarithmic(axes)
    axes.set_xlabel("length of a text (characters)")
    axes.set_ylabel("records (%)")
    legend_above(figure, axes)
    return Plot(
        "text-lengths",
        "Lengths of the texts",
        f"Histogram of text lengths on a logarithmic scale: the median is {np.median(train):,.0f} characters in the "
        f"train split and {np.median(test):,.0f} in the test split, the longest text has {longest:,}.",
        figure,
    )


def word_frequencies(words: Words) -> Plot:
    """Draw the frequencies against their ranks (Zipf), and what of them lies between the bounds."""
    figure, axes = new(3.0)
    counts = np.array(sorted(words.counts.values(), reverse=True) or [1])
    ranks = np.unique(np.geomspace(1, len(counts), 300).astype(int))
    logarithmic(axes, and_y=True)
    axes.plot(ranks, counts[ranks - 1], color=BLUE, label="words by rank")
    axes.axhspan(MORE_THAN, FEWER_THAN, color=GREEN, alpha=0.18, lw=0, label=f"{MORE_THAN} to {FEWER_THAN} occurrences")
    axes.set_xlabel("rank of a word")
    axes.set_ylabel("occurrences")
    legend_above(figure, axes)
    return Plot(
        "word-frequencies",
        "Occurrences of a word against its rank",
        f"A falling line on logarithmic scales: {words.distinct:,} words, from {counts[0]:,} occurrences down to 1; "
        f"{words.once:,} of them occur once.",
        figure,
    )


def most_frequent_words(counts: Sequence[WordCount]) -> Plot:
    """Draw the occurrences of the most frequent words."""
    figure, axes = new(0.6 + 0.17 * max(len(counts), 1))
    axes.barh([shortened(word) for word, _ in counts], [count for _, count in counts], color=BLUE, height=0.7)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("occurrences in the train split")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    listed = ", ".join(f"{word} {count:,}" for word, count in counts[:5])
    return Plot(
        "most-frequent-words",
        "Most frequent words",
        f"Bars of the {len(counts)} most frequent words; the first are {listed}.",
        figure,
    )


def terms_per_record(nonzeros: NDArray[np.int64]) -> Plot:
    """Draw how many different terms a record has."""
    figure, axes = new(2.6)
    most = max(2, int(nonzeros.max(initial=1)))
    axes.hist(np.maximum(nonzeros, 1), np.geomspace(1, most + 1, _BINS).tolist(), color=BLUE)
    axes.axvline(nonzeros.mean(), color=ORANGE, label=f"mean {nonzeros.mean():,.2f}")
    axes.axvline(np.median(nonzeros), color=GREEN, ls="--", label=f"median {np.median(nonzeros):,.0f}")
    logarithmic(axes)
    axes.set_xlabel("non-zeros of a row (different terms of a record)")
    axes.set_ylabel("train records")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    legend_above(figure, axes)
    return Plot(
        "terms-per-record",
        "Non-zeros per row",
        f"Histogram of the number of different terms in a train record: mean {nonzeros.mean():,.2f}, median "
        f"{np.median(nonzeros):,.0f}, at most {nonzeros.max():,}.",
        figure,
    )


def records_per_term(frequency: NDArray[np.intp]) -> Plot:
    """Draw in how many records a term stands."""
    figure, axes = new(2.6)
    edges = np.unique(np.geomspace(1, max(2, frequency.max(initial=1)) + 1, 24).astype(int))
    counts, _ = np.histogram(frequency, edges)
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=BLUE, edgecolor=QUIET, lw=0.3)
    logarithmic(axes, and_y=True)
    axes.set_xlabel("train records that hold a term")
    axes.set_ylabel("terms")
    once = int((frequency == 1).sum())
    return Plot(
        "records-per-term",
        "Records per term",
        f"Histogram on logarithmic scales: {once:,} of {len(frequency):,} terms stand in one record only; the most "
        f"common term stands in {frequency.max():,}.",
        figure,
    )
