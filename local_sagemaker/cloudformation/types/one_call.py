"""Types that one call makes and another removes: their properties are the operation's members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.cloudformation.types import values
from local_sagemaker.cloudformation.types.resource_type import ACCOUNT, Call, Taken, found, ignoring
from local_sagemaker.http.region import current_region
from local_sagemaker.protocol.json_service import service_model

Settle = Callable[[Call, str], None]
"""Waits until what a call began is done; takes the resource's name."""


@dataclass(frozen=True)
class OneCall:
    """A type that one call makes.

    Parameters
    ----------
    service : str
        Botocore's name of the service.
    operations : tuple of str
        Those that create, read and delete.
    names : mapping of str to str
        The operations' names of properties that they call otherwise than the template.
    name : str
        The property that is the resource's name.
    arn : str
        Its ARN, with `{name}`, `{region}` and `{account}` in it.
    taken : Taken
        What becomes of the properties.
    missing : str
        The error code, or words of it, that say that there is none.
    changes : str
        The operation that changes it; empty if every change is a replacement, or is recorded alone.
    is_arn : bool
        Whether `Ref` gives the ARN.
    longest : int
        The longest name.
    also : str
        Further properties that name it (a schedule's group).
    settle : callable, optional
        Waits after the calls.
    """

    service: str
    operations: tuple[str, str, str]
    name: str
    arn: str
    taken: Taken
    missing: str
    names: Mapping[str, str]
    changes: str = ""
    is_arn: bool = False
    longest: int = 64
    also: str = ""
    settle: Settle | None = None

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """See `ResourceType`."""
        name = str(properties.get(self.name, generated[-self.longest :].lstrip("-")))
        return self._arn(name, properties) if self.is_arn else name

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        return found(call, self.service, self.operations[1], self._named(physical_id, properties), self.missing)

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        self._call(call, self.operations[0], physical_id, properties)

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`. What one call has begun to make is whole as soon as it has settled."""
        if old and self.changes:
            self._call(call, self.changes, physical_id, new)
        elif self.settle is not None:
            self.settle(call, self._name(physical_id))

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        ignoring(call, self.service, self.operations[2], self._named(physical_id, properties), self.missing)
        if self.settle is not None:
            self.settle(call, self._name(physical_id))

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """See `ResourceType`."""
        name = self._name(physical_id)
        return {"Arn": self._arn(name, properties), self.name: name}

    def _call(self, call: Call, operation: str, physical_id: str, properties: Mapping[str, Any]) -> None:
        shape = service_model(self.service).operation_model(operation).input_shape
        known = shape.members if shape else {}  # Update… takes no tags
        given = {name: value for name, value in properties.items() if name in self.taken.honoured.split()}
        request = {self.names.get(name, name): value for name, value in given.items()}
        request = {name: value for name, value in request.items() if name in known or operation != self.changes}
        request = values.parameters(self.service, operation, {**request, **self._named(physical_id, properties)})
        call(self.service, operation, request)
        if self.settle is not None:
            self.settle(call, self._name(physical_id))

    def _named(self, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        further = {name: properties[name] for name in self.also.split() if name in properties}
        return {self.names.get(self.name, self.name): self._name(physical_id), **further}

    def _name(self, physical_id: str) -> str:
        return physical_id.rpartition("/")[2] if self.is_arn else physical_id

    def _arn(self, name: str, properties: Mapping[str, Any]) -> str:
        places = {"name": name, "region": current_region(), "account": ACCOUNT}
        return self.arn.format(**places, group=properties.get("GroupName", "default"))
