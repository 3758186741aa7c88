"""The operations that only read templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local_sagemaker.cloudformation.records import Stack
from local_sagemaker.cloudformation.refusals import invalid, no_such_change_set, no_such_stack
from local_sagemaker.cloudformation.store import StackStore
from local_sagemaker.cloudformation.template import reading
from local_sagemaker.cloudformation.template.parameters import Parameter, written
from local_sagemaker.cloudformation.template.reading import Template
from local_sagemaker.protocol.json_service import Handler


class TemplateOperations:
    """GetTemplate, GetTemplateSummary, ValidateTemplate.

    Parameters
    ----------
    store : StackStore
        Where stacks are kept.
    """

    def __init__(self, store: StackStore) -> None:
        self._store = store

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {"GetTemplate": self.get, "GetTemplateSummary": self.summary, "ValidateTemplate": self.validate}

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetTemplate, of a stack or of a change set."""
        name = request.get("ChangeSetName")
        if name is None:
            body = self._existing(request.get("StackName", "")).version.template
        else:
            stack_id = self._existing(request["StackName"]).id if "StackName" in request else None
            found = self._store.change_set(name, stack_id)
            if found is None:
                raise no_such_change_set(name)
            body = found.version.template
        return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}

    def validate(self, request: dict[str, Any]) -> dict[str, Any]:
        """ValidateTemplate."""
        template = reading.read(request.get("TemplateBody", ""))
        return {
            **_facts(template),
            "Parameters": [
                {
                    "ParameterKey": each.name,
                    "DefaultValue": each.default,
                    "NoEcho": each.hidden,
                    "Description": each.declared.get("Description"),
                }
                for each in template.parameters.values()
            ],
        }

    def summary(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetTemplateSummary, of a template or of a stack's."""
        if ("TemplateBody" in request) == ("StackName" in request):
            raise invalid("Either StackName or TemplateBody must be specified, and not both.")
        body = request.get("TemplateBody") or self._existing(request["StackName"]).version.template
        template = reading.read(body)
        metadata = template.document.get("Metadata")
        return {
            **_facts(template),
            "Parameters": [_declaration(each) for each in template.parameters.values()],
            "ResourceTypes": sorted({each.type for each in template.resources.values()}),
            "Version": str(template.document.get("AWSTemplateFormatVersion", "2010-09-09")),
            "Metadata": None if metadata is None else json.dumps(metadata),
        }

    def _existing(self, name: str) -> Stack:
        stack = self._store.find(name)
        if stack is None:
            raise no_such_stack(name)
        return stack


def _facts(template: Template) -> dict[str, Any]:
    return {
        "Description": template.description,
        "Capabilities": list(template.capabilities),
        "CapabilitiesReason": template.capabilities_reason,
    }


def _declaration(parameter: Parameter) -> dict[str, Any]:
    allowed = [written(value) for value in parameter.declared.get("AllowedValues", ())]
    return {
        "ParameterKey": parameter.name,
        "DefaultValue": parameter.default,
        "ParameterType": parameter.type,
        "NoEcho": parameter.hidden,
        "Description": parameter.declared.get("Description"),
        "ParameterConstraints": {"AllowedValues": allowed} if allowed else {},
    }
