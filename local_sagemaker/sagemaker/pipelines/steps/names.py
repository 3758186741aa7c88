"""The names that pipelines give to what their steps make, as AWS does."""

from __future__ import annotations

import secrets
import string

from local_sagemaker.sagemaker.pipelines.definition.document import StepType

_ALPHABET = string.ascii_letters + string.digits
_SUFFIX = 10
_LONGEST = 63
_LONGEST_OF_TUNING = 31


def new_name(type_: StepType, execution: str, step: str, prefix: object = None) -> str:
    """Make up the name of a step's job or model.

    Parameters
    ----------
    type_ : StepType
        The step's type: the names of tuning jobs are short.
    execution, step : str
        The execution's id and the step's name.
    prefix : object
        The name that the step's arguments give, if they do; as a prefix, since a step may run more than once.
    """
    suffix = "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX))
    longest = _LONGEST_OF_TUNING if type_ is StepType.TUNING else _LONGEST
    if isinstance(prefix, str) and prefix:
        return f"{_cut(prefix, longest - len(execution) - _SUFFIX - 2)}-{execution}-{suffix}"
    head = execution if type_ is StepType.TUNING else f"pipelines-{execution}"
    return f"{head}-{_cut(step, longest - len(head) - _SUFFIX - 2)}-{suffix}"


def _cut(text: str, length: int) -> str:
    """Shorten a text, and leave nothing in it that a job's name may not hold."""
    return text.replace("_", "-")[:length].strip("-")
