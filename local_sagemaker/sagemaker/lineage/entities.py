"""The operations on actions, artifacts and contexts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from local_sagemaker.sagemaker.plain_records.operations import PlainKind, PlainOperations
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Kind

_SOURCE_URI = "json_extract(record, '$.description.Source.SourceUri') = ?"
_PROPERTIES = {"Properties": "PropertiesToRemove"}


def _of_type(member: str) -> dict[str, str]:
    return {"SourceUri": _SOURCE_URI, member: f"json_extract(record, '$.description.{member}') = ?"}


ACTION = PlainKind(
    Kind.ACTION,
    "Action",
    "ActionName",
    "ActionArn",
    ("Source", "ActionType", "Status"),
    ("Description", "Status"),
    _PROPERTIES,
    _of_type("ActionType"),
)
ARTIFACT = PlainKind(
    Kind.ARTIFACT,
    "Artifact",
    "ArtifactName",
    "ArtifactArn",
    ("Source", "ArtifactType"),
    ("ArtifactName",),
    _PROPERTIES,
    _of_type("ArtifactType"),
)
CONTEXT = PlainKind(
    Kind.CONTEXT,
    "Context",
    "ContextName",
    "ContextArn",
    ("Source", "ContextType"),
    ("Description",),
    _PROPERTIES,
    _of_type("ContextType"),
)


class ArtifactOperations(PlainOperations):
    """The operations on artifacts, which are known by their ARN; their names need not differ."""

    def named(self, request: Mapping[str, Any]) -> str:
        """Read the id in a request's ARN, or find the one artifact of its source."""
        if "ArtifactArn" in request:
            return self._arns.name(self._kind, request["ArtifactArn"])
        if "Source" not in request:
            raise refusals.invalid("Either ArtifactArn or Source must be given.")
        uri = request["Source"]["SourceUri"]
        found = self._records.where(_SOURCE_URI, uri)
        return found[0].name if found else uri

    def new_name(self, request: Mapping[str, Any]) -> str:
        """Make up the id of a new artifact."""
        return secrets.token_hex(16)
