"""A template's parameters: what is declared, what a request gives, and whether it may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_sagemaker.cloudformation.refusals import invalid

HIDDEN = "****"
"""What is shown in place of a value that is not to be echoed."""

_KNOWN = frozenset(
    {
        *("Type", "Default", "Description", "NoEcho", "ConstraintDescription", "AllowedPattern", "AllowedValues"),
        *("MinLength", "MaxLength", "MinValue", "MaxValue"),
    }
)
_PLAIN_TYPES = ("String", "Number", "CommaDelimitedList", "List<Number>", "List<String>")
_OF_AWS = re.compile(r"(?:List<)?AWS::(?!SSM::)[\w:]+>?")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as the template declares it."""

    name: str
    declared: Mapping[str, Any]

    @property
    def type(self) -> str:
        """Its type."""
        return str(self.declared["Type"])

    @property
    def hidden(self) -> bool:
        """Whether its value is never shown."""
        return str(self.declared.get("NoEcho", False)).lower() == "true"

    @property
    def default(self) -> str | None:
        """Its default, as the API writes it."""
        default = self.declared.get("Default")
        return None if default is None else written(default)

    @property
    def is_list(self) -> bool:
        """Whether `Ref` gives a list."""
        return self.type == "CommaDelimitedList" or self.type.startswith("List<")

    def value(self, text: str) -> str | list[str]:
        """Return what `Ref` gives."""
        return [part.strip() for part in text.split(",")] if self.is_list else text

    def shown(self, text: str) -> str:
        """Return what a description shows."""
        return HIDDEN if self.hidden else text

    def check(self, text: str) -> None:
        """Hold a value to what the template allows.

        Raises
        ------
        AwsError
            `ValidationError`, with the template's own words if it has some.
        """
        for broken in self._broken(text):
            description = self.declared.get("ConstraintDescription")
            if description is not None:
                raise invalid(f"Parameter {self.name} failed to satisfy constraint: {description}")
            raise invalid(f"Parameter '{self.name}' {broken}")

    def _broken(self, text: str) -> Iterator[str]:
        declared = self.declared
        items = self.value(text) if self.is_list else [text]
        if "Number" in self.type and not all(_NUMBER.fullmatch(item) for item in items):
            yield "must be a number."
        allowed = [written(value) for value in declared.get("AllowedValues", ())]
        if allowed and not all(item in allowed for item in items):
            yield f"must be one of AllowedValues: [{', '.join(allowed)}]"
        pattern = declared.get("AllowedPattern")
        if pattern is not None and not all(re.fullmatch(pattern, item) for item in items):
            yield f"must match pattern {pattern}"
        yield from self._out_of_bounds(text)

    def _out_of_bounds(self, text: str) -> Iterator[str]:
        declared = self.declared
        if len(text) < int(declared.get("MinLength", 0)):
            yield f"must contain at least {declared['MinLength']} characters"
        if len(text) > int(declared.get("MaxLength", len(text))):
            yield f"must contain at most {declared['MaxLength']} characters"
        if "Number" in self.type and not self.is_list and _NUMBER.fullmatch(text):
            if float(text) < float(declared.get("MinValue", text)):
                yield f"must be a number not less than {declared['MinValue']}"
            if float(text) > float(declared.get("MaxValue", text)):
                yield f"must be a number not greater than {declared['MaxValue']}"


def declared(document: Mapping[str, Any]) -> dict[str, Parameter]:
    """Read a template's parameters.

    Raises
    ------
    AwsError
        `ValidationError` for a type or a member that is not taken.
    """
    return {name: _read(name, facts) for name, facts in (document.get("Parameters") or {}).items()}


def _read(name: str, facts: Any) -> Parameter:
    if not isinstance(facts, Mapping) or not isinstance(facts.get("Type"), str):
        raise invalid(f"Template format error: Every Parameters object must contain a Type member. ({name})")
    if unknown := sorted(set(facts) - _KNOWN):
        raise invalid(f"Invalid template parameter property '{unknown[0]}'")
    if facts["Type"] not in _PLAIN_TYPES and not _OF_AWS.fullmatch(facts["Type"]):
        message = f"The local SageMaker does not support parameters of the type {facts['Type']} ({name})."
        raise invalid(message)
    return Parameter(name, facts)


def given(
    parameters: Mapping[str, Parameter], request: Sequence[Mapping[str, Any]], previous: Mapping[str, str]
) -> dict[str, str]:
    """Return every parameter's value: the request's, the previous one where the request says so, or the default.

    Raises
    ------
    AwsError
        `ValidationError` for a parameter that is missing, unknown, or has a value that it may not have.
    """
    asked = {each["ParameterKey"]: _asked(each, previous) for each in request}
    if unknown := sorted(set(asked) - set(parameters)):
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: asked.get(name, parameter.default) for name, parameter in parameters.items()}
    if missing := [name for name, value in values.items() if value is None]:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in values.items():
        parameters[name].check(str(value))
    return {name: str(value) for name, value in values.items()}


def _asked(parameter: Mapping[str, Any], previous: Mapping[str, str]) -> str | None:
    if not parameter.get("UsePreviousValue"):
        return str(parameter.get("ParameterValue", ""))
    if "ParameterValue" in parameter:
        raise invalid(
            f"Invalid input for parameter key {parameter['ParameterKey']}. Cannot specify usePreviousValue "
            "as true and non empty value for a parameter"
        )
    return previous.get(parameter["ParameterKey"])


def written(value: Any) -> str:
    """Write a scalar of a template as the API does."""
    return str(value).lower() if isinstance(value, bool) else str(value)
