"""What a schedule does when it fires: an operation of SageMaker, as a universal target."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.scheduler.expressions import invalid

Call = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
"""Calls an operation of a service (by botocore's names) and returns its answer; raises AwsError."""

_UNIVERSAL = re.compile(r"arn:aws:scheduler:::aws-sdk:sagemaker:([a-z]\w+)")
_READING = ("Batch", "Describe", "Get", "List", "Query", "Search")
"""How operations begin that only read: no universal target, on AWS neither."""

_NOT_FOUND = ("ResourceNotFound", "ResourceNotFoundException")


class Targets:
    """The operations that schedules may invoke.

    Parameters
    ----------
    call : Call
        Calls an operation.
    handles : callable
        Tells whether SageMaker here has an operation.
    """

    def __init__(self, call: Call, handles: Callable[[str], bool]) -> None:
        self._call = call
        self._handles = handles

    def check(self, target: Mapping[str, Any]) -> None:
        """Refuse a target by its name, before a schedule is kept for it.

        Raises
        ------
        AwsError
            `ValidationException`.
        """
        self._operation(target["Arn"])
        if target.get("Input") is not None:
            _input(target)

    def invoke(self, target: Mapping[str, Any]) -> None:
        """Carry a target's operation out.

        Raises
        ------
        AwsError
            What the operation answers.
        """
        self._call("sagemaker", self._operation(target["Arn"]), _input(target))

    def is_done_already(self, target: Mapping[str, Any], error: AwsError) -> bool:
        """Tell whether the target's operation is refused because all that it asks for is so."""
        operation = self._operation(target["Arn"])
        is_gone = error.code in _NOT_FOUND or error.message.startswith("Could not find")
        is_there = "already exist" in error.message
        return (operation.startswith("Delete") and is_gone) or (operation.startswith("Create") and is_there)

    def _operation(self, arn: str) -> str:
        match = _UNIVERSAL.fullmatch(arn)
        name = match[1][0].upper() + match[1][1:] if match else ""
        if not name or not self._handles(name) or name.startswith(_READING):
            wanted = "arn:aws:scheduler:::aws-sdk:sagemaker:<operation>, an operation that changes something"
            raise invalid(f"The local SageMaker does not support the target {arn}; it takes {wanted}.")
        return name


def _input(target: Mapping[str, Any]) -> dict[str, Any]:
    try:
        parameters = json.loads(target.get("Input") or "{}")
    except (ValueError, RecursionError) as error:
        raise invalid(f"Invalid Target Input: not JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise invalid("Invalid Target Input: not a JSON object.")
    return parameters
