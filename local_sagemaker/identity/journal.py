"""What was done to roles and policies, so that moto, which keeps them in memory, can be told again after a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local_sagemaker.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS identity_changes (
    number INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    key TEXT NOT NULL,
    form TEXT NOT NULL,
    made TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS identity_deleted_roles (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""

_OF_ROLES = frozenset(
    {
        *("CreateRole", "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy", "TagRole", "UntagRole"),
        *("PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "DeleteRole"),
        *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
    }
)
_OF_POLICIES = frozenset(
    {
        *("CreatePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy"),
        *("TagPolicy", "UntagPolicy"),
    }
)
_LATEST_COUNTS = ("UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy", "PutRolePermissionsBoundary")
_UNDONE_BY = {
    "DeleteRolePolicy": "PutRolePolicy",
    "DetachRolePolicy": "AttachRolePolicy",
    "DeleteRolePermissionsBoundary": "PutRolePermissionsBoundary",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One request that was carried out, and what IAM made up for it (ids, times)."""

    form: Mapping[str, str]
    made: Mapping[str, str]


class Journal:
    """The requests that changed roles and policies and still count, in their order.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def deleted_roles(self) -> set[str]:
        """The names of roles that were deleted, and are not taken to be there."""
        with self._database.read() as rows:
            return {row["name"] for row in rows.execute("SELECT name FROM identity_deleted_roles")}

    def __iter__(self) -> Iterator[Change]:
        with self._database.read() as rows:
            found = rows.execute("SELECT form, made FROM identity_changes ORDER BY number").fetchall()
        return (Change(json.loads(row["form"]), json.loads(row["made"])) for row in found)

    def add(self, form: Mapping[str, str], policy_arn: str, made: Mapping[str, str]) -> None:
        """Keep a request that was carried out, if it is about a role or a policy.

        Parameters
        ----------
        form : mapping of str to str
            The request.
        policy_arn : str
            The ARN of the policy that it made; empty if it made none.
        made : mapping of str to str
            What IAM made up for it.
        """
        action = form.get("Action", "")
        if action in _OF_ROLES:
            self._add(f"role/{form.get('RoleName', '')}", action, form, made)
        elif action in _OF_POLICIES:
            self._add(policy_arn or form.get("PolicyArn", ""), action, form, made)

    def _add(self, subject: str, action: str, form: Mapping[str, str], made: Mapping[str, str]) -> None:
        key = _key(_UNDONE_BY.get(action, action), form)
        with self._database.write() as rows:
            if action in ("DeleteRole", "DeletePolicy"):
                rows.execute("DELETE FROM identity_changes WHERE subject = ?", (subject,))
            elif key:
                rows.execute("DELETE FROM identity_changes WHERE subject = ? AND key = ?", (subject, key))
            if action not in (*_UNDONE_BY, "DeleteRole", "DeletePolicy"):
                sql = "INSERT INTO identity_changes (subject, key, form, made) VALUES (?, ?, ?, ?)"
                rows.execute(sql, (subject, key, json.dumps(dict(form)), json.dumps(dict(made))))
            if action == "DeleteRole":
                rows.execute("INSERT OR IGNORE INTO identity_deleted_roles VALUES (?)", (form["RoleName"],))
            if action == "CreateRole":
                rows.execute("DELETE FROM identity_deleted_roles WHERE name = ?", (form["RoleName"],))


def _key(action: str, form: Mapping[str, str]) -> str:
    """Name what a request sets, so that a later one takes its place; empty where each one counts."""
    if action == "PutRolePolicy":
        return f"inline/{form.get('PolicyName', '')}"
    if action == "AttachRolePolicy":
        return f"attached/{form.get('PolicyArn', '')}"
    return action if action in _LATEST_COUNTS else ""
