"""scikit-learn, imported in half of its time. Whoever imports this first gets it so.

It looks for pandas to know its tables: none are here. It imports SciPy's statistics, whose hundreds of distributions
take longer to make than all else of it, for functions that no estimator of ours calls: the first call imports them.
And it imports SciPy's splines and searches for two estimators that nobody uses here: these are None.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_STATISTICS = "scipy.stats"
_POLYNOMIALS = ModuleType("sklearn.preprocessing._polynomial")
_POLYNOMIALS.__dict__.update(PolynomialFeatures=None, SplineTransformer=None)


class _OnFirstUse(ModuleType):
    """Stands where a module will be; scikit-learn keeps it under a name of its own."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks any module for
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def _standing_in(name: str, module: ModuleType | None) -> Iterator[None]:
    """Let a module have another in its place, or seem not to be installed, unless it is imported already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = module  # type: ignore[assignment]
    try:
        yield
    finally:
        if sys.modules[name] is module:
            del sys.modules[name]


with (
    _standing_in("pandas", None),
    _standing_in(_STATISTICS, _OnFirstUse(_STATISTICS)),
    _standing_in(_POLYNOMIALS.__name__, _POLYNOMIALS),
):
    import sklearn.base as base
    import sklearn.preprocessing  # noqa: F401  (the estimators import it, and it the statistics)

__all__ = ["base"]
