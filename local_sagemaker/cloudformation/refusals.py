"""How CloudFormation says no."""

from __future__ import annotations

from local_sagemaker.errors import AwsError


def invalid(message: str) -> AwsError:
    """Refuse a request or a template."""
    return AwsError("ValidationError", message)


def no_such_stack(name: str) -> AwsError:
    """Say that a stack is not there."""
    return invalid(f"Stack with id {name} does not exist")


def no_such_change_set(name: str) -> AwsError:
    """Say that a change set is not there."""
    return AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
