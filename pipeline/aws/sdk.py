"""The SageMaker SDK v3, for the commands that create something. It is imported when the first of its classes is needed:
that takes seconds, which a command with nothing to do need not wait for, and others can fill.

The SDK's own waiting draws panels that no pipe or log can hold, and a look at a job by it takes twice boto3's time:
jobs that it made are followed by boto3 (`pipeline.aws.waiting`).
"""

from __future__ import annotations

import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.aws.sdk_classes import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        """Return a class of the SDK, or its module `image_uris`."""
        if name.startswith("_"):  # whoever looks at all that a module has (pytest does) does not want the SDK
            raise AttributeError(name)
        return getattr(_classes(), name)


def begin_import() -> None:
    """Import it in a thread; whoever needs it meanwhile waits for that, as Python's imports do."""
    threading.Thread(target=_classes, daemon=True).start()


def _classes() -> ModuleType:
    from pipeline.aws import sdk_classes

    return sdk_classes
