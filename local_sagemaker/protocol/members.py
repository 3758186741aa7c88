"""What becomes of the members of a request: honoured, taken although they say nothing here, or refused by name.

Each service has one written list. What is not in it is refused, so a member that a newer botocore knows is not ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

LEAVE_IT_OUT = "leave it out."


@dataclass(frozen=True)
class Members:
    """The list of one operation.

    Members are written with dots, those of the items of a list like those of the list (`Tags.Key`). Several that share
    a reason may stand in one key, with spaces between.

    Parameters
    ----------
    honoured : str
        What does the same as on AWS.
    without_meaning : mapping of str to str
        What is taken and changes nothing here, with the reason.
    only : mapping of str to tuple of object
        What is honoured at these values alone.
    instead : mapping of str to str
        What to do instead of a member that is refused, where there is more to say than `leave it out.`

    Examples
    --------
    >>> members = Members("Name Tags.Key", {"RoleArn": "there is no account."}, {"Mode": ("Serial",)})
    >>> list(members.unheard({"Name": "a", "RoleArn": "r", "Mode": "Direct", "Tags": [{"Key": "k", "Colour": "red"}]}))
    ['Mode=Direct', 'Tags.Colour']
    """

    honoured: str = ""
    without_meaning: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def reasons(self) -> Mapping[str, str]:
        """The members that are taken and change nothing, one by one."""
        return {name: reason for names, reason in self.without_meaning.items() for name in names.split()}

    @cached_property
    def listed(self) -> frozenset[str]:
        """The members that are taken."""
        return frozenset((*self.honoured.split(), *self.reasons, *self.only))

    def unheard(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Go through what a request says and nobody would hear: members, or members with their values."""
        return self._unheard(request, "")

    def advice(self, unheard: str) -> str:
        """Say what to do instead of a member."""
        place = unheard.partition("=")[0]
        while place and place not in self.instead:
            place = place.rpartition(".")[0]
        return self.instead.get(place, LEAVE_IT_OUT)

    def _unheard(self, structure: Mapping[str, Any], place: str) -> Iterator[str]:
        for name, value in structure.items():
            member = f"{place}{name}"
            if value is None:
                continue
            if member in self.only and value not in self.only[member]:
                yield f"{member}={value}"
            elif member not in self.listed:
                yield from self._within(value, member)

    def _within(self, value: Any, member: str) -> Iterator[str]:
        if not any(listed.startswith(f"{member}.") for listed in self.listed):
            yield member
            return
        for structure in value if isinstance(value, list) else [value]:
            if isinstance(structure, Mapping):
                yield from self._unheard(structure, f"{member}.")


def below(structure: str, names: str) -> str:
    """Write the members of a structure.

    Examples
    --------
    >>> below("Tags", "Key Value")
    'Tags.Key Tags.Value'
    """
    return " ".join(f"{structure}.{name}" for name in names.split())
