"""The tables of the page: what stands in each cell, and the value that it is sorted by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.figures.analysis import Analysis
from pipeline.report.figures.data.matrix import TermFigure
from pipeline.report.figures.data.words import FEWER_THAN, LONGER_THAN, MORE_THAN, WordCount
from pipeline.report.figures.model.comparison import Comparison
from pipeline.report.figures.model.knowledge import TellingTerm
from pipeline.report.figures.significance import Interval

_NOTHING = "\u2013"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; numbers stand on the right and are sorted from the largest."""

    name: str
    number: bool = True
    sortable: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """What is shown, and what it is sorted by where that is another thing."""

    shown: str | Markup
    value: float | str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page."""

    columns: list[Column]
    rows: list[list[Cell]]
    caption: str = ""


def tables(analysis: Analysis) -> dict[str, Table]:
    """Make all tables, by the names that the page calls them by."""
    made = {
        "key": _key_figures(analysis),
        "counts": _counts(analysis),
        "lengths": _lengths(analysis),
        "duplicates": _duplicates(analysis),
        "matrix": _matrix(analysis),
        "heaviest": _terms(analysis.data.matrix.heaviest, "sum of TF-IDF"),
        "common": _terms(analysis.data.matrix.most_common, "mean TF-IDF where it stands"),
        **_words(analysis),
        "scores": _scores(analysis),
        "confused": _confused(analysis),
        "areas": _areas(analysis),
        "coverage": _coverage(analysis),
        "telling": _telling(analysis),
        "mistakes": _mistakes(analysis),
    }
    return made if analysis.comparison is None else made | _comparison(analysis.comparison)


def whole(number: float) -> str:
    """Write a number without decimals, with commas."""
    return f"{number:,.0f}"


def fixed(number: float, digits: int = 4) -> str:
    """Write a number with so many decimals; NaN as a dash."""
    return _NOTHING if math.isnan(number) else f"{number:.{digits}f}"


def size(count: float) -> str:
    """Write a number of bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"


def signed(number: float) -> str:
    """Write a difference."""
    return _NOTHING if math.isnan(number) else f"{number:+.4f}"


def _columns(*names: str) -> list[Column]:
    """Name columns; those that end in `*` hold words, those in `**` what has no order."""
    return [Column(name.rstrip("*"), number=not name.endswith("*"), sortable=not name.endswith("**")) for name in names]


def _word(text: str) -> Cell:
    return Cell(text)


def _whole(number: float) -> Cell:
    return Cell(whole(number), number)


def _fixed(number: float, digits: int = 4) -> Cell:
    return Cell(fixed(number, digits), "" if math.isnan(number) else number)


def _percent(number: float) -> Cell:
    return Cell(_NOTHING if math.isnan(number) else f"{number:.2%}", "" if math.isnan(number) else number)


def _interval(found: Interval, known: bool = True) -> Cell:
    if not known or math.isnan(found.value):
        return Cell(_NOTHING, "")
    return Cell(f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})", found.value)


def _chips(terms: Iterable[TellingTerm]) -> Cell:
    parts = [Markup("<span>{} <small>{}</small></span>").format(term.term, f"{term.weight:.3g}") for term in terms]
    return Cell(Markup('<div class="words">{}</div>').format(Markup(" ").join(parts)))


def _key_figures(analysis: Analysis) -> Table:
    scores, matrix, words = analysis.model.scores, analysis.data.matrix, analysis.data.words
    rows = [
        *(
            [_word(name), Cell(repr(found.value)), Cell(f"{found.low:.4f} to {found.high:.4f}")]
            for name, found in (
                ("accuracy", scores.accuracy),
                ("macro-F1", scores.macro_f1),
                ("weighted F1", scores.weighted_f1),
            )
        ),
        *(
            [_word(name), Cell(value), Cell("")]
            for name, value in (
                ("test records", whole(scores.records)),
                ("vocabulary", whole(matrix.vocabulary)),
                ("non-zeros of the train split", whole(matrix.nonzeros)),
                ("non-zeros per row", f"{matrix.nonzeros_per_row:.2f}"),
                ("tokens of the train split", whole(words.tokens)),
                ("words of the cloud between the bounds", whole(words.between_bounds_tokens)),
            )
        ),
    ]
    return Table(_columns("figure*", "value", "95% interval"), rows)


def _counts(analysis: Analysis) -> Table:
    rows = [
        [
            _word(count.category),
            _whole(count.train),
            _whole(count.test) if count.test else Cell("no test records", 0),
            _percent(count.train / analysis.data.train_records),
        ]
        for count in analysis.data.counts
    ]
    return Table(_columns("category*", "train", "test", "share of train"), rows)


def _lengths(analysis: Analysis) -> Table:
    names = list(analysis.data.lengths[0].quantiles)
    rows = [
        [
            _word(item.split),
            _word(item.unit),
            _fixed(item.mean, 1),
            *(_whole(value) for value in item.quantiles.values()),
            _whole(item.empty),
        ]
        for item in analysis.data.lengths
    ]
    return Table(_columns("split*", "unit*", "mean", *names, "empty"), rows)


def _duplicates(analysis: Analysis) -> Table:
    both = (analysis.data.same_text, analysis.data.same_terms)
    counts = (
        ("train records that repeat another", "in_train"),
        ("test records that repeat another", "in_test"),
        ("test records that also stand in the train split", "across"),
        ("of those, only under another category", "other_category"),
    )
    accuracies = (
        ("accuracy on test records that also stand in the train split", "accuracy_with_copy"),
        ("accuracy on the rest", "accuracy_without"),
    )
    whole_split = _interval(analysis.model.scores.accuracy)
    rows = [
        *([_word(shown), *(_whole(getattr(found, name)) for found in both)] for shown, name in counts),
        *([_word(shown), *(_interval(getattr(found, name)) for found in both)] for shown, name in accuracies),
        [_word("accuracy on all test records"), whole_split, whole_split],
    ]
    return Table(_columns("figure*", "same text", "same to the model"), rows)


def _matrix(analysis: Analysis) -> Table:
    matrix = analysis.data.matrix
    rows = [
        ("rows (train records)", whole(matrix.records)),
        ("columns (vocabulary)", whole(matrix.vocabulary)),
        ("non-zeros", whole(matrix.nonzeros)),
        ("non-zeros per row", f"{matrix.nonzeros_per_row:.2f}"),
        ("share of cells that are not zero", f"{matrix.density:.4%}"),
        ("memory, sparse (CSR)", size(matrix.sparse_bytes)),
        ("memory if it were dense", size(matrix.dense_bytes)),
        ("terms in one record only", whole(matrix.in_one_record)),
        ("rows without any term", whole(matrix.empty_rows)),
        ("non-zeros of the test split", whole(matrix.test_nonzeros)),
    ]
    return Table(_columns("figure*", "value"), [[_word(name), Cell(shown)] for name, shown in rows])


def _terms(terms: Sequence[TermFigure], name: str) -> Table:
    rows = [[_word(term.term), _fixed(term.figure, 3), _whole(term.records)] for term in terms]
    return Table(_columns("term*", name, "records"), rows)


def _words(analysis: Analysis) -> dict[str, Table]:
    words = analysis.data.words
    bounds = f"{MORE_THAN + 1} to {FEWER_THAN - 1} occurrences, longer than {LONGER_THAN}"

    def table(caption: str, counts: Sequence[WordCount]) -> Table:
        return Table(
            _columns("word*", "occurrences"), [[_word(word), _whole(count)] for word, count in counts], caption
        )

    return {
        "most_frequent": table("Most frequent", words.most_frequent),
        "least_frequent": table("Least frequent", words.least_frequent),
        "most_frequent_between_bounds": table(f"Most frequent of {bounds}", words.most_frequent_between_bounds),
        "least_frequent_between_bounds": table(f"Least frequent of {bounds}", words.least_frequent_between_bounds),
    }


def _scores(analysis: Analysis) -> Table:
    rows = []
    for found in analysis.model.scores.per_category:
        known = found.support > 0
        rows.append(
            [
                _word(found.category),
                _fixed(found.precision if found.predicted else math.nan),
                _fixed(found.recall if known else math.nan),
                _interval(found.f1, known),
                _whole(found.support) if known else Cell("no test records", 0),
                _whole(found.predicted),
            ]
        )
    return Table(_columns("category*", "precision", "recall", "F1 (95% interval)", "support", "times answered"), rows)


def _confused(analysis: Analysis) -> Table:
    rows = [
        [_word(pair.category), _word(pair.taken_for), _whole(pair.records), _percent(pair.share)]
        for pair in analysis.model.confused
    ]
    return Table(_columns("category*", "taken for*", "records", "share of the category's records"), rows)


def _areas(analysis: Analysis) -> Table:
    rows = []
    for category, ours, reference in zip(
        analysis.categories, analysis.model.curves, analysis.model.one_vs_rest, strict=True
    ):
        areas = [
            (math.nan, math.nan) if found is None else (found.auc, found.average_precision)
            for found in (ours, reference)
        ]
        rows.append([_word(category), *(_fixed(area) for pair in areas for area in pair)])
    return Table(
        _columns("category*", "AUC", "average precision", "AUC, one-vs-rest", "average precision, one-vs-rest"), rows
    )


def _coverage(analysis: Analysis) -> Table:
    rows = [
        [
            _percent(point.coverage),
            _fixed(point.threshold),
            _interval(point.accuracy),
            _whole(point.to_a_person),
        ]
        for point in analysis.model.coverages
    ]
    return Table(_columns("answered", "if at least so probable", "accuracy (95% interval)", "texts to a person"), rows)


def _telling(analysis: Analysis) -> Table:
    rows = [[_word(category), _chips(terms)] for category, terms in analysis.model.telling.items()]
    return Table(_columns("category*", "words**"), rows)


def _mistakes(analysis: Analysis) -> Table:
    rows = [
        [
            _whole(mistake.record),
            _word(mistake.category),
            _word(mistake.taken_for),
            Cell(f"{mistake.probability:.4%}", mistake.probability),
            Cell(
                Markup('{}<details><summary>Text</summary><p class="text">{}</p></details>').format(
                    _chips(mistake.misleading).shown, mistake.excerpt or "(empty)"
                )
            ),
        ]
        for mistake in analysis.model.mistakes
    ]
    return Table(
        _columns("record", "category*", "taken for*", "probability", "words that misled, and the text**"), rows
    )


def _comparison(found: Comparison) -> dict[str, Table]:
    one, other = found.one, found.other
    names = ("accuracy", "macro_f1", "weighted_f1")
    rows = [
        [
            _word(name.replace("_f1", "-F1").replace("weighted-", "weighted ")),
            _interval(getattr(one.scores, name)),
            _interval(getattr(other.scores, name)),
            _difference(getattr(found, name)),
        ]
        for name in names
    ]
    rows += [
        [
            _word(label),
            _fixed(getattr(one.reliability, name)),
            _fixed(getattr(other.reliability, name)),
            Cell(signed(getattr(one.reliability, name) - getattr(other.reliability, name))),
        ]
        for name, label in (("error", "expected calibration error"), ("log_loss", "log loss"), ("brier", "Brier score"))
    ]
    test = found.mcnemar
    counts = [("both", test.both), (f"only {one.name}", test.only_one), (f"only {other.name}", test.only_other)]
    return {
        "comparison": Table(_columns("figure*", one.name, other.name, "difference (95% interval)"), rows),
        "mcnemar": Table(
            _columns("got it right*", "test records"),
            [[_word(name), _whole(count)] for name, count in [*counts, ("neither", test.neither)]],
        ),
        "differences": _differences(found),
    }


def _differences(found: Comparison) -> Table:
    rows = [
        [
            _word(mine.category),
            _fixed(mine.f1.value if mine.support else math.nan),
            _fixed(theirs.f1.value if theirs.support else math.nan),
            _difference(found.f1[mine.category]) if mine.support else Cell("no test records", ""),
        ]
        for mine, theirs in zip(found.one.scores.per_category, found.other.scores.per_category, strict=True)
    ]
    return Table(_columns("category*", found.one.name, found.other.name, "difference (95% interval)"), rows)


def _difference(found: Interval) -> Cell:
    return Cell(f"{signed(found.value)} ({signed(found.low)} to {signed(found.high)})", found.value)
