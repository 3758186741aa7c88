"""The cleaning of the reference notebook."""

from __future__ import annotations

import re


def clean(text: str, stop_words: frozenset[str]) -> str:
    """Strip, lower-case, turn all but letters into spaces, drop stop words."""
    letters = re.sub(r"[^a-z]+", " ", text.strip().lower())
    return " ".join(word for word in letters.split() if word not in stop_words)
