"""What becomes of an operation of the API here: executed, kept, or refused by its name. Nothing else is possible."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Protocol

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler


class Answered(StrEnum):
    """What becomes of an operation."""

    EXECUTED = "executed"
    """It does here what it does on AWS: something runs, or what runs depends on it."""
    KEPT = "kept"
    """It writes, reads or changes a durable record that nothing is run for."""
    REFUSED = "refused"
    """It is answered with an error that names it."""


class Operations(Protocol):
    """The operations on one kind of resource."""

    answered: ClassVar[Answered]
    """What becomes of all of them."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""


def refused(operation: str) -> AwsError:
    """Refuse an operation, or what would be one, by its name."""
    return AwsError(
        "UnknownOperationException",
        f"{operation} is not part of the local SageMaker. docs/operations.md lists every operation of SageMaker, and "
        "whether it is executed, kept or refused.",
    )
