"""Model package groups and model packages as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local_sagemaker.sagemaker.resources.table import Resource


class Approval(StrEnum):
    """Whether a version may be deployed."""

    APPROVED = "Approved"
    REJECTED = "Rejected"
    PENDING = "PendingManualApproval"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackageGroup(Resource):
    """A group of versions. `last_version` only grows, so that a deleted version's number is not given again."""

    last_version: int = 0
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage(Resource):
    """A model package: a version of a group, or one with a name of its own.

    Its name in the table is `group/version`, as in its ARN. `description` is what Describe answers, as it was last
    updated.
    """

    description: Mapping[str, Any]
    group: str | None = None
    version: int | None = None
    approval: Approval | None = None
    token: str | None = None
    """The ClientToken of the request that made it."""
