"""What a request asks a stack to be, checked before anything is made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.cloudformation.deploying import plan_of
from local_sagemaker.cloudformation.records import Stack, Version
from local_sagemaker.cloudformation.refusals import invalid
from local_sagemaker.cloudformation.template import parameters, reading
from local_sagemaker.cloudformation.template.planning import Plan
from local_sagemaker.cloudformation.template.reading import Definition, Template
from local_sagemaker.cloudformation.types.catalogue import TYPES
from local_sagemaker.errors import AwsError

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


def check_name(name: str) -> None:
    """Hold a new stack's name to AWS's pattern.

    Raises
    ------
    AwsError
        `ValidationError`.
    """
    if not _NAME.fullmatch(name):
        pattern = "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: {pattern}"
        )


def asked_version(request: Mapping[str, Any], previous: Version | None) -> Version:
    """Read template, parameters and tags from a request, those that it does not repeat from the version before.

    Raises
    ------
    AwsError
        `ValidationError`, or `InsufficientCapabilitiesException`.
    """
    template = reading.read(_body(request, previous))
    before = {} if previous is None else previous.parameters
    given = parameters.given(template.parameters, request.get("Parameters", ()), before)
    capabilities = request.get("Capabilities", [])
    _check_capabilities(template, capabilities)
    tags = request.get("Tags")
    if tags is None:
        tags = [] if previous is None else previous.tags
    _check_tags(tags)
    return Version(template=template.body, parameters=given, tags=list(tags), capabilities=list(capabilities))


def check_resources(stack: Stack, version: Version) -> Plan:
    """Refuse by name, before anything is made, what a version wants and is not made here.

    Raises
    ------
    AwsError
        `ValidationError`.
    """
    made = plan_of(stack, version)
    for definition in made.wanted.values():
        _check_type(definition)
    return made


def _body(request: Mapping[str, Any], previous: Version | None) -> str:
    if request.get("UsePreviousTemplate"):
        if previous is None or "TemplateBody" in request:
            raise invalid("Either Template URL or Template Body must be specified, or the previous template used.")
        return previous.template
    if "TemplateBody" not in request:
        raise invalid("Either Template URL or Template Body must be specified.")
    return str(request["TemplateBody"])


def _check_capabilities(template: Template, acknowledged: Sequence[str]) -> None:
    """Hold a request to the template: who acknowledges named IAM resources acknowledges the others."""
    for needed in template.capabilities:
        if needed not in acknowledged and "CAPABILITY_NAMED_IAM" not in acknowledged:
            raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


def _check_tags(tags: Sequence[Mapping[str, str]]) -> None:
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid("System tags (those that begin with aws:) may not be set by a request.")


def _check_type(definition: Definition) -> None:
    name = definition.logical_id
    if definition.type not in TYPES:
        listed = ", ".join(TYPES)
        raise invalid(f"The local SageMaker does not make {definition.type} ({name}). It makes: {listed}.")
    taken = TYPES[definition.type].taken
    if missing := taken.missing(definition.properties):
        said = f"#: required key [{missing[0]}] not found"
        raise invalid(f"Properties validation failed for resource {name} with message: {said}")
    unknown = sorted(set(definition.properties) - taken.listed)
    if unknown:
        raise invalid(f"The local SageMaker does not support {unknown[0]} of {definition.type} ({name}): leave it out.")
