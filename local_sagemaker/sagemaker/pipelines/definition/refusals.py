"""How a definition is refused: AWS's beginning, then what is wrong and where."""

from __future__ import annotations

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.resources import refusals


def unparsable(what: str) -> AwsError:
    """Refuse a definition that AWS would refuse too."""
    return refusals.invalid(f"Unable to parse pipeline definition. {what}")
