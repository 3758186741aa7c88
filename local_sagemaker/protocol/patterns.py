"""The service models' regular expressions, which are Java's, in Python's dialect."""

from __future__ import annotations

import re
import warnings
from functools import cache

_SEPARATORS = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_TRANSLATIONS = (
    (r"\p{Alnum}", "a-zA-Z0-9"),
    (r"\p{L}", r"\w"),  # \w is letters, digits and the underscore: the models that use \p{L} allow those too
    (r"\p{N}", r"\d"),
    (r"\p{Z}", _SEPARATORS),
    (r"[\w-_]", r"[\w\-_]"),
)


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a model's pattern; None where Python has no equal, and the constraint is not checked.

    Notes
    -----
    Java's `matches` asks for the whole string, so use `fullmatch`.
    """
    for java, python in _TRANSLATIONS:
        pattern = pattern.replace(java, python)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # of set notation that may change its meaning
            return re.compile(pattern)
    except (re.error, FutureWarning):
        return None
