"""What a schedule does when it fires: start a pipeline, or call an operation of SageMaker as a universal target."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.scheduler.expressions import invalid

Call = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
"""Calls an operation of a service (by botocore's names) and returns its answer; raises AwsError."""

_UNIVERSAL = re.compile(r"arn:aws:scheduler:::aws-sdk:sagemaker:([a-z]\w+)")
_PIPELINE = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:pipeline/[A-Za-z0-9-]+", re.IGNORECASE)
_PARAMETERS = "SageMakerPipelineParameters"
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
        is_pipeline = _is_pipeline(target)
        self._operation(target)
        if _PARAMETERS in target and not is_pipeline:
            raise invalid(f"{_PARAMETERS} is only for a target that is a SageMaker pipeline, not {target['Arn']}.")
        if target.get("Input") is not None:
            if is_pipeline:
                raise invalid(f"A SageMaker pipeline takes no Input: give its parameters in {_PARAMETERS}.")
            _input(target)

    def invoke(self, target: Mapping[str, Any], occasion: str) -> None:
        """Carry a target's operation out.

        Parameters
        ----------
        target : mapping
            The target.
        occasion : str
            Which firing of which schedule it is: called again for the same one, a pipeline is not started twice.

        Raises
        ------
        AwsError
            What the operation answers.
        """
        parameters = _start(target, occasion) if _is_pipeline(target) else _input(target)
        self._call("sagemaker", self._operation(target), parameters)

    def is_done_already(self, target: Mapping[str, Any], error: AwsError) -> bool:
        """Tell whether the target's operation is refused because all that it asks for is so."""
        operation = self._operation(target)
        is_gone = error.code in _NOT_FOUND or error.message.startswith("Could not find")
        is_there = "already exist" in error.message
        return (operation.startswith("Delete") and is_gone) or (operation.startswith("Create") and is_there)

    def _operation(self, target: Mapping[str, Any]) -> str:
        if _is_pipeline(target):
            return "StartPipelineExecution"
        arn = target["Arn"]
        match = _UNIVERSAL.fullmatch(arn)
        name = match[1][0].upper() + match[1][1:] if match else ""
        if not name or not self._handles(name) or name.startswith(_READING):
            wanted = "a pipeline's ARN, or arn:aws:scheduler:::aws-sdk:sagemaker:<operation> that changes something"
            raise invalid(f"The local SageMaker does not support the target {arn}; it takes {wanted}.")
        return name


def _is_pipeline(target: Mapping[str, Any]) -> bool:
    return _PIPELINE.fullmatch(target["Arn"]) is not None


def _start(target: Mapping[str, Any], occasion: str) -> dict[str, Any]:
    """Make the request that starts a pipeline; made again for the same occasion it names the same execution."""
    parameters = target.get(_PARAMETERS, {}).get("PipelineParameterList", [])
    return {
        "PipelineName": target["Arn"],
        "ClientRequestToken": hashlib.sha256(occasion.encode()).hexdigest(),
        **({"PipelineParameters": parameters} if parameters else {}),
    }


def _input(target: Mapping[str, Any]) -> dict[str, Any]:
    try:
        parameters = json.loads(target.get("Input") or "{}")
    except (ValueError, RecursionError) as error:
        raise invalid(f"Invalid Target Input: not JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise invalid("Invalid Target Input: not a JSON object.")
    return parameters
