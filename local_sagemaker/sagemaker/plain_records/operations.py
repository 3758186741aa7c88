"""What the API's operations on every kind of plain record share: making, describing, listing, changing and deleting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import Resource, Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags

_NOT_DESCRIBED = ("Tags",)
_TIMES = ("StartTime", "EndTime")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRecord(Resource):
    """A record; `description` is what Describe answers of it, as it was last updated."""

    description: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlainKind:
    """What is particular to one kind.

    Parameters
    ----------
    kind : Kind
        The kind.
    noun : str
        What the API calls it, as in `CreateTrial`.
    name, arn : str
        The members that name one, and that have its ARN.
    summary : tuple of str
        Members of a description that lists show.
    replaced : tuple of str
        Members that an update puts in the place of what was there.
    maps : mapping of str to str
        Members that an update adds entries to, and the members that name the entries to remove.
    filters : mapping of str to str
        Members of a List request, and the SQL condition that each stands for.
    """

    kind: Kind
    noun: str
    name: str
    arn: str
    summary: tuple[str, ...]
    replaced: tuple[str, ...]
    maps: Mapping[str, str]
    filters: Mapping[str, str]


class PlainOperations(ResourceOperations[PlainRecord]):
    """The operations on one kind of plain records.

    Parameters
    ----------
    what : PlainKind
        The kind.
    records, tags, arns : Resources of PlainRecord, Tags, Arns
        As for every resource.
    """

    answered: ClassVar[Answered] = Answered.KEPT

    def __init__(self, what: PlainKind, records: Resources[PlainRecord], tags: Tags, arns: Arns) -> None:
        super().__init__(what.kind, records, tags, arns)
        self._what = what

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        noun = self._what.noun
        return {
            f"Create{noun}": self.create,
            f"Delete{noun}": self.delete,
            f"Describe{noun}": self.describe,
            f"List{noun}s": self.list,
            f"Update{noun}": self.update,
        }

    def find(self, name: str) -> PlainRecord:
        """Read a record; raises `ResourceNotFound` if it is not there."""
        record = self._records.get(name)
        if record is None:
            raise AwsError("ResourceNotFound", f"{self._what.noun} '{name}' does not exist.", 404)
        return record

    def named(self, request: Mapping[str, Any]) -> str:
        """Read the name that a request has, or the name in its ARN."""
        named = request.get(self._what.name) or request[self._what.arn]
        return self._arns.name(self._kind, named)

    def new_name(self, request: Mapping[str, Any]) -> str:
        """Choose the name of a new record: the request's."""
        return str(request[self._what.name])

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer Create.

        Raises
        ------
        AwsError
            `ValidationException` if the name is taken.
        """
        name, time = self.new_name(request), now()
        said = {member: value for member, value in request.items() if member not in _NOT_DESCRIBED}
        record = PlainRecord(name=name, request=request, created=time, modified=time, description=said)
        with self._records.transaction():
            if self._records.get(name) is not None:
                raise refusals.invalid(f"{self._what.noun} with name ({name}) already exists.")
            return {self._what.arn: self._add(record)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer Describe."""
        record = self.find(self.named(request))
        said = _members(record, tuple(record.description))
        return {**said, **self._times(record), "CreatedBy": {}, "LastModifiedBy": {}}

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer List."""
        conditions = [(sql, request[member]) for member, sql in self._what.filters.items() if member in request]
        return self._listed(f"{self._what.noun}Summaries", request, self._summary, conditions=conditions)

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer Update: what the request says is changed, all else stays."""
        name = self.named(request)
        with self._records.transaction():
            self.find(name)
            self._records.change(name, lambda record: replace(record, description=self._updated(record, request)))
        return {self._what.arn: self._arn(name)}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer Delete."""
        name = self.named(request)
        with self._records.transaction():
            self.find(name)
            self.check_unused(name)
            self._remove(name)
        return {self._what.arn: self._arn(name)}

    def check_unused(self, name: str) -> None:
        """Refuse to delete what others still need; nothing does, unless a kind says otherwise."""

    def _updated(self, record: PlainRecord, request: Mapping[str, Any]) -> dict[str, Any]:
        changed = {**record.description, **{name: request[name] for name in self._what.replaced if name in request}}
        for member, removed in self._what.maps.items():
            entries = {**record.description.get(member, {}), **request.get(member, {})}
            for name in request.get(removed, ()):
                entries.pop(name, None)
            if entries or member in changed:
                changed[member] = entries
        return changed

    def _times(self, record: PlainRecord) -> dict[str, Any]:
        return {
            self._what.arn: self._arn(record.name),
            "CreationTime": record.created,
            "LastModifiedTime": record.modified,
        }

    def _summary(self, record: PlainRecord) -> dict[str, Any]:
        said = _members(record, (self._what.name, *self._what.summary))
        return {**said, **self._times(record)}


def _members(record: PlainRecord, names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(name, record.description[name]) for name in names if name in record.description}


def _plain(name: str, value: Any) -> Any:
    """Read a member as it was before it was stored as JSON, where times are text."""
    return datetime.fromisoformat(value) if name in _TIMES and isinstance(value, str) else value
