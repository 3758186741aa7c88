"""Python runs this when it starts, as `local-sagemaker env` puts its folder first on PYTHONPATH. It runs in any program
of the shell, whatever is installed there, so it needs nothing but what Python has loaded by then.
"""

import os
import sys
from importlib.machinery import PathFinder

import local_sagemaker_redirection

_FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # pathlib takes longer to load than all this


def _run_the_next() -> None:
    """Run the `sitecustomize` that this one hides, if there is any."""
    rest = [entry for entry in sys.path if os.path.abspath(entry) != _FOLDER]  # noqa: PTH100
    found = PathFinder.find_spec("sitecustomize", rest)
    if found is not None and found.loader is not None:
        module = type(sys)("sitecustomize")
        module.__file__, module.__spec__ = found.origin, found
        sys.modules["sitecustomize"] = module
        found.loader.exec_module(module)


local_sagemaker_redirection.keep_clients_here()
_run_the_next()
