"""What each part of profile `best` is worth, and what was left out of it: by the train split of 20 Newsgroups alone,
cross-validated as the training job does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import markdown
from benchmarks.accuracy.derived import Texts
from pipeline.profiles import load
from preprocessor_container.preprocessor.features.term_rows import Recipe, TermRows
from preprocessor_container.preprocessor.features.term_weighting import Idf, Weighting
from preprocessor_container.preprocessor.features.text_parts import stripped_copies
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor_container.preprocessor.features.tokens import Spacer, glued, tokenizer
from preprocessor_container.preprocessor.selection.candidates import Candidate, Classifier
from preprocessor_container.preprocessor.selection.folds import deal, in_order
from preprocessor_container.preprocessor.selection.trials import CountedTexts, TermKinds, run_trials

MoreTerms = Callable[[str, Sequence[bytes]], Iterable[bytes]]
"""Makes further terms of a text and its tokens."""

_FURTHER = b"+:"
"""What a further term begins with."""

_COMPOUND = re.compile(r"\w+(?:[-/.]\w+)+|\w+\+\+|\w#")
_ADDRESS = re.compile(r"\w[\w.+-]*@\w[\w.-]*\w")
_QUOTED = re.compile(r"^\s*[>|:].*", re.MULTILINE)
_WORD = re.compile(r"\w\w+")


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to go that differs from the profile in one thing."""

    name: str
    candidate: Candidate
    tokens: str = "words"
    with_stop_words: bool = False
    copies: bool = True
    more_terms: MoreTerms | None = None
    least_texts: int = 1
    """In how many texts a further term must stand."""


def choices() -> Iterator[Choice]:
    """Yield the profile, it without each of its parts, and it with each part that it does not have."""
    best = _of_profile()
    weighting, classifier = best.weighting, best.classifier
    yield Choice("profile `best`", best)
    yield Choice("letters only (`[a-z]{2,}`)", best, tokens="letters")
    yield Choice("stop words kept", best, with_stop_words=True)
    yield Choice("no terms of the subject's own", replace(best, subject_weight=0.0))
    yield Choice("subject weight 3", replace(best, subject_weight=3.0))
    yield Choice("counts instead of ln(1 + count)", replace(best, log_counts=False))
    yield Choice("smooth instead of plain IDF", replace(best, weighting=replace(weighting, idf=Idf.SMOOTH)))
    yield Choice("weights that do not know the categories", replace(best, weighting=Weighting(weighting.idf)))
    yield Choice("category floor 0.1", replace(best, weighting=replace(weighting, category_floor=0.1)))
    yield Choice("no copies without headers, quotes, signature", best, copies=False)
    yield Choice("learnt prior", replace(best, classifier=replace(classifier, fit_prior=True)))
    yield Choice("without counting again", replace(best, classifier=replace(classifier, passes=0)))
    even = replace(classifier, background_strength=None)
    yield Choice("even smoothing, alpha 0.01", replace(best, classifier=even))
    yield Choice("with compounds kept whole (`x-windows`, `a/ux`, `c++`)", best, more_terms=_compounds)
    yield Choice("with e-mail addresses kept whole, in two texts or more", best, more_terms=_addresses, least_texts=2)
    yield Choice("with pairs of neighbouring words, in two texts or more", best, more_terms=_pairs, least_texts=2)
    yield Choice("with words of quoted lines as terms of their own", best, more_terms=_quoted)


def _of_profile() -> Candidate:
    profile = load("best")
    settings: dict[str, Any] = dict(profile.preprocessor)
    return Candidate(
        "best",
        settings["term_frequency"] == "log",
        Weighting(Idf(settings["idf"]), settings["category_floor"]),
        settings["subject_weight"],
        Classifier(**profile.classifier),  # type: ignore[arg-type]
    )


def _compounds(text: str, _: Sequence[bytes]) -> Iterator[bytes]:
    return _matches(_COMPOUND, text)


def _addresses(text: str, _: Sequence[bytes]) -> Iterator[bytes]:
    return _matches(_ADDRESS, text)


def _pairs(_: str, words: Sequence[bytes]) -> Iterator[bytes]:
    return (_FURTHER + first + b" " + second for first, second in pairwise(words))


def _quoted(text: str, _: Sequence[bytes]) -> Iterator[bytes]:
    return _matches(_WORD, "\n".join(_QUOTED.findall(text)))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[bytes]:
    return (_FURTHER + found.group().encode() for found in pattern.finditer(text.lower()))


@dataclass(frozen=True, slots=True)
class _Extended(Recipe):
    """A recipe that makes further terms."""

    more_terms: MoreTerms | None = None

    def spacer(self) -> Spacer:
        terms, words, more = Recipe.spacer(self), tokenizer(self.tokens), self.more_terms
        if more is None:
            return terms

        def with_more(text: str) -> bytes:
            return b" ".join((terms(text), *map(glued, more(text, [word for word in words(text) if len(word) > 1]))))

        return with_more


class _Vectorizer(TextVectorizer):
    """Counts further terms too."""

    more_terms: MoreTerms | None = None

    def recipe(self) -> Recipe:
        return _Extended(**asdict(super().recipe()), more_terms=self.more_terms)


def tried(train: Texts, stop_words: list[str], choice: Choice) -> dict[str, Any]:
    """Cross-validate a choice with threads dealt to folds, and with later texts asked of earlier ones.

    Parameters
    ----------
    train : Texts
        In the order of time.
    """
    copied, copies = stripped_copies(train.texts) if choice.copies else ([], [])
    vectorizer = _Vectorizer(
        tokens=choice.tokens,
        stop_words=[] if choice.with_stop_words else stop_words,
        subject_weight=choice.candidate.subject_weight,
    )
    vectorizer.more_terms = choice.more_terms
    counts = vectorizer.count([*train.texts, *copies])
    if choice.more_terms and not any(term.startswith(_FURTHER.decode()) for term in vectorizer.vocabulary_):
        raise RuntimeError(f"{choice.name}: there are no further terms in the vocabulary")
    if choice.least_texts > 1:
        counts = _without_rare(counts, list(vectorizer.vocabulary_), choice.least_texts, len(train.texts))
    numbers = np.unique(train.categories, return_inverse=True)[1]
    no_term = np.zeros(counts.n_features, np.bool_)
    figures: dict[str, Any] = {"name": choice.name, "features": len(np.unique(counts.indices))}
    for name, dealt, ordered in (
        ("dealt", deal(train.texts, numbers), False),
        ("by_time", in_order(len(train.texts)), True),
    ):
        assert dealt is not None
        counted = CountedTexts(
            counts,
            np.concatenate([numbers, numbers[copied]]) if copied else numbers,
            np.concatenate([dealt, dealt[copied]]) if copied else dealt,
            ordered,
            np.arange(counts.n_rows) >= len(train.texts),
            TermKinds(vectorizer.of_subject(), no_term, no_term),
        )
        figures[name] = run_trials(counted, [choice.candidate])[0].accuracy
    return figures


def _without_rare(counts: TermRows, terms: list[str], least: int, n_texts: int) -> TermRows:
    """Drop further terms that stand in fewer than `least` of the first `n_texts` texts."""
    texts = np.bincount(counts.indices[: counts.indptr[n_texts]], minlength=counts.n_features)
    kept = np.array([not term.startswith(_FURTHER.decode()) for term in terms]) | (texts >= least)
    entries = kept[counts.indices]
    rows = np.repeat(np.arange(counts.n_rows), np.diff(counts.indptr))[entries]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=counts.n_rows))]).astype(np.int32)
    return TermRows(indptr, counts.indices[entries], counts.values[entries], counts.n_features)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the figures as a Markdown table."""
    return markdown.table(
        ["profile `best`, and what differs from it", "features", "threads dealt to folds", "later asked of earlier"],
        (
            [row["name"], f"{row['features']:,}", *(_points(row, rows[0], way) for way in ("dealt", "by_time"))]
            for row in rows
        ),
    )


def _points(row: dict[str, Any], best: dict[str, Any], name: str) -> str:
    if row is best:
        return f"**{row[name]:.4f}**"
    return f"{row[name]:.4f} ({100 * (row[name] - best[name]):+.2f} points)"
