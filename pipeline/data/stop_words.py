"""The stop-word list that the first training job is given, so that its container needs neither NLTK nor the network."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.console import say, warn
from pipeline.data.downloading import SECONDS, network_timeout

NLTK = "nltk.corpus.stopwords, english"
"""The source of the list that the figures of every profile are made with."""


@dataclass(frozen=True, slots=True)
class StopWords:
    """A list of words and where it came from."""

    source: str
    words: tuple[str, ...]


def english() -> StopWords:
    """Return NLTK's English list, downloading it when it can; failing that scikit-learn's own, with a warning."""
    words = _from_nltk()
    if words is not None:
        return StopWords(NLTK, words)
    warn(
        "NLTK's stop words are neither on this machine nor to be downloaded; scikit-learn's own list takes "
        "their place (figures differ)."
    )
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return StopWords("sklearn.feature_extraction.text.ENGLISH_STOP_WORDS", tuple(sorted(ENGLISH_STOP_WORDS)))


def _from_nltk() -> tuple[str, ...] | None:
    if words := _downloaded_earlier():
        return words
    import nltk
    from nltk.corpus import stopwords

    try:
        return tuple(stopwords.words("english"))
    except LookupError:
        say(
            "NLTK's stop words are not on this machine: downloading them (35 kB, kept for next time; "
            f"given up after {SECONDS:.0f} s without an answer) ..."
        )
    with network_timeout():
        if not nltk.download("stopwords", quiet=True, print_error_to=io.StringIO()):
            return None
    return tuple(stopwords.words("english"))


def _downloaded_earlier() -> tuple[str, ...] | None:
    """Return the list where NLTK looks first for what it has downloaded: to import NLTK for it takes seconds."""
    home = os.path.expanduser("~/nltk_data")  # noqa: PTH111  (where there is no home, `Path` would fail)
    folders = [*os.environ.get("NLTK_DATA", "").split(os.pathsep), home]
    for folder in filter(None, folders):
        path = Path(folder, "corpora", "stopwords", "english")
        if path.is_file():
            return tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return None
