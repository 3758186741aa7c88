"""scikit-learn, imported without pandas, which it looks for to know its tables: none are here, and that would take a
fifth of the time. Whoever imports this first gets it so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _without_pandas() -> Iterator[None]:
    """Let it seem not to be installed, unless it is imported already."""
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["pandas"]


with _without_pandas():
    import sklearn.base as base

__all__ = ["base"]
