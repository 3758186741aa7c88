"""What the API's operations on every kind of resource share: finding, adding, listing and removing records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Generic, TypeVar

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.listing import query
from local_sagemaker.sagemaker.resources.table import Resource, Resources
from local_sagemaker.sagemaker.resources.tags import Tags

R = TypeVar("R", bound=Resource)


class ResourceOperations(Generic[R]):
    """The base of each kind's operations.

    Parameters
    ----------
    kind : Kind
        The kind of the resources.
    records : Resources of R
        Their table.
    tags : Tags
        The tags of all resources.
    arns : Arns
        Makes their ARNs.
    """

    answered: ClassVar[Answered] = Answered.EXECUTED
    """What becomes of the operations; docs/operations.md is written from it."""

    def __init__(self, kind: Kind, records: Resources[R], tags: Tags, arns: Arns) -> None:
        self._kind = kind
        self._records = records
        self._tags = tags
        self._arns = arns

    def find(self, name: str) -> R:
        """Read a resource's record; raises `ValidationException` if it is not there."""
        record = self._records.get(name)
        if record is None:
            raise refusals.not_found(self._kind, self._arn(name))
        return record

    def all_of(self, names: Iterable[str]) -> dict[str, R]:
        """Read several resources' records; what is not there is left out."""
        found = ((name, self._records.get(name)) for name in names)
        return {name: record for name, record in found if record is not None}

    def arn(self, name: str) -> str:
        """Write a resource's ARN."""
        return self._arn(name)

    def all_described(self, member: str, describe: Handler) -> list[Mapping[str, Any]]:
        """Describe every resource of the kind with its tags, as `Search` finds them.

        Parameters
        ----------
        member : str
            What names a resource in a request to describe it.
        describe : Handler
            Answers such a request.
        """
        found: list[Mapping[str, Any]] = []
        for record in self._records.all():
            with suppress(AwsError):  # it was deleted since
                found.append({**describe({member: record.name}), "Tags": self._tags.of(self._arn(record.name))})
        return found

    def _arn(self, name: str) -> str:
        return self._arns.of(self._kind, name)

    def _add(self, record: R) -> str:
        """Keep a new record, with the tags of its request, and return its ARN; raises if the name is taken."""
        arn = self._arn(record.name)
        with self._records.transaction():
            if not self._records.add(record):
                raise refusals.already_exists(self._kind, arn)
            self._tags.set(arn, record.request.get("Tags", ()))
        return arn

    def _remove(self, name: str) -> None:
        """Remove a record and its tags; raises `ValidationException` if it is not there."""
        with self._records.transaction():
            if not self._records.remove(name):
                raise refusals.not_found(self._kind, self._arn(name))
            self._tags.forget(self._arn(name))

    def _listed(
        self,
        member: str,
        request: Mapping[str, Any],
        summary: Callable[[R], Mapping[str, Any]],
        default_order: str = "Descending",
        conditions: Sequence[tuple[str, Any]] = (),
    ) -> dict[str, Any]:
        """Answer a List operation: a page of summaries under the name of their member, and the token of the next."""
        records, token = self._records.page(query(self._kind, request, default_order, conditions))
        summaries = [{**summary(record), "CreationTime": record.created} for record in records]
        return {member: summaries, **({"NextToken": token} if token else {})}
