"""What a stack needs to know of a type of resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_sagemaker.errors import AwsError

ACCOUNT = "123456789012"

Call = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
"""Calls an operation of a service (by botocore's names) and returns its answer; raises AwsError."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What becomes of a type's properties.

    Parameters
    ----------
    honoured : str
        Does the same as on AWS; names with spaces between.
    recorded : mapping of str to str
        Kept and shown, with what is true here instead.
    replacing : str
        Those whose change makes a new resource in place of the old.
    required : str
        Those without which nothing can be made; what the service's own operation asks for, it asks for itself.
    nothing_made : str, optional
        What is true here instead, where the resource is a record and no more.
    """

    honoured: str = ""
    recorded: Mapping[str, str] = field(default_factory=dict)
    replacing: str = ""
    required: str = ""
    nothing_made: str | None = None

    @property
    def listed(self) -> frozenset[str]:
        """All that are taken."""
        return frozenset((*self.honoured.split(), *self.recorded))

    def note(self, properties: Mapping[str, Any]) -> str | None:
        """Say which of a resource's properties nothing is done for, None if there are none."""
        if self.nothing_made is not None:
            return f"Recorded, not enforced here: {self.nothing_made}."
        said = [f"{name} ({reason})" for name, reason in self.recorded.items() if name in properties]
        return f"Recorded, not enforced here: {'; '.join(said)}." if said else None

    def missing(self, properties: Mapping[str, Any]) -> list[str]:
        """List the required properties that are not there."""
        return [name for name in self.required.split() if name not in properties]

    def is_replaced(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        """Tell if a change of properties makes a new resource."""
        return any(old.get(name) != new.get(name) for name in self.replacing.split())


class ResourceType(Protocol):
    """A type of resource. What `Ref` gives is the physical id."""

    @property
    def taken(self) -> Taken:
        """What becomes of the properties."""

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """Say which physical id a new resource will have; `generated` is a name for it if it has none of its own."""

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """Tell if there is a resource with that id already."""

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """Make it."""

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Change it to what `new` says; done twice it does no harm. `old` is empty where it is not known."""

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """Remove it; nothing happens if it is not there."""

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `Fn::GetAtt` gives of a resource that is made."""


def found(call: Call, service: str, operation: str, parameters: Mapping[str, Any], missing: str) -> bool:
    """Ask for a resource; False if the service answers with the code, or the words, that say that it is not there."""
    try:
        call(service, operation, parameters)
    except AwsError as error:
        if missing in error.code or missing in error.message:
            return False
        raise
    return True


def ignoring(call: Call, service: str, operation: str, parameters: Mapping[str, Any], missing: str) -> None:
    """Call an operation that may find that what it is to remove is not there."""
    found(call, service, operation, parameters, missing)
