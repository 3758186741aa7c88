"""scikit-learn, imported in half of its time. Whoever imports this first gets it so.

It looks for pandas to know its tables: none are here. It imports SciPy's statistics, whose hundreds of distributions
take longer to make than all else of it, and SciPy's splines and searches, for functions that no estimator of ours
calls: the first call imports them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_LEFT_OUT = ("scipy.stats", "scipy.optimize", "scipy.interpolate")


class _OnFirstUse(ModuleType):
    """Stands where a module will be; scikit-learn keeps it under a name of its own."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks any module for
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:  # somebody imports it by name, and keeps what has that
            return _class_on_first_use(self.__name__, name)
        return getattr(import_module(self.__name__), name)


def _class_on_first_use(module: str, name: str) -> type:
    """Return a class that stands for one of a module, and makes that one's objects."""

    class Found(type):
        def __getattr__(cls, attribute: str) -> Any:
            return getattr(getattr(import_module(module), name), attribute)

        def __call__(cls, *arguments: Any, **named: Any) -> Any:
            return getattr(import_module(module), name)(*arguments, **named)

    return Found(name, (), {})


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


with ExitStack() as left_out:
    left_out.enter_context(_standing_in("pandas", None))
    for _name in _LEFT_OUT:
        left_out.enter_context(_standing_in(_name, _OnFirstUse(_name)))
    import sklearn.base as base
    import sklearn.preprocessing  # noqa: F401  (the estimators import it, and it what is left out)

__all__ = ["base"]
