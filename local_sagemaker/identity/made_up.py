"""What moto makes up when a role or a policy is created: ids and times. They are the same after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local_sagemaker.identity.roles import ACCOUNT


def by(action: str, form: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Return the ARN of the policy that a request has just made, empty if none, and what moto made up for it."""
    made = _made(action, form)
    if made is None:
        return "", {}
    return (made.arn if action == "CreatePolicy" else ""), {"id": made.id, "created": made.create_date.isoformat()}


def restore(action: str, form: Mapping[str, str], facts: Mapping[str, str]) -> None:
    """Give what a request has made again the id and the time that it had."""
    made = _made(action, form)
    if made is None or not facts:
        return
    if action == "CreateRole":
        roles = _backend().roles
        del roles[made.id]
        roles[facts["id"]] = made
    made.id = facts["id"]
    made.create_date = datetime.fromisoformat(facts["created"])


def _made(action: str, form: Mapping[str, str]) -> Any:
    if action == "CreateRole":
        return next((role for role in _backend().roles.values() if role.name == form["RoleName"]), None)
    if action == "CreatePolicy":
        arn = f"arn:aws:iam::{ACCOUNT}:policy{form.get('Path') or '/'}{form['PolicyName']}"
        return _backend().managed_policies.get(arn)
    return None


def _backend() -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[ACCOUNT]["aws"]
