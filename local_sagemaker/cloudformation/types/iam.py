"""`AWS::IAM::Role`, `AWS::IAM::Policy` and `AWS::IAM::ManagedPolicy`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_sagemaker.cloudformation.types import values
from local_sagemaker.cloudformation.types.resource_type import ACCOUNT, Call, Taken, found, ignoring

_MISSING = "NoSuchEntity"


class Role:
    """A role with the policies that its definition holds or names."""

    taken = Taken(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path Policies RoleName Tags",
        {"PermissionsBoundary": "no policy is enforced"},
        replacing="RoleName Path",
        required="AssumeRolePolicyDocument",
    )

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """See `ResourceType`."""
        return str(properties.get("RoleName", generated[-64:]))

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`. Roles that nobody created are taken to be there by GetRole, but are not listed."""
        return any(role["RoleName"] == physical_id for role in _pages(call, "ListRoles", {}, "Roles"))

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        members = ("Description", "MaxSessionDuration", "Path", "Tags")
        request = {name: properties[name] for name in members if name in properties}
        document = values.policy(properties["AssumeRolePolicyDocument"])
        request |= {"RoleName": physical_id, "AssumeRolePolicyDocument": document}
        call("iam", "CreateRole", values.parameters("iam", "CreateRole", request))
        self._set_policies(call, physical_id, {}, properties)

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        name = {"RoleName": physical_id}
        document = values.policy(new["AssumeRolePolicyDocument"])
        call("iam", "UpdateAssumeRolePolicy", {**name, "PolicyDocument": document})
        settings = {key: new[key] for key in ("Description", "MaxSessionDuration") if key in new}
        call("iam", "UpdateRole", values.parameters("iam", "UpdateRole", {**name, **settings}))
        gone = {tag["Key"] for tag in old.get("Tags", [])} - {tag["Key"] for tag in new.get("Tags", [])}
        if gone:
            call("iam", "UntagRole", {**name, "TagKeys": sorted(gone)})
        if new.get("Tags"):
            call("iam", "TagRole", {**name, "Tags": new["Tags"]})
        self._set_policies(call, physical_id, old, new)

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        if self.exists(call, physical_id, properties):
            self._set_policies(call, physical_id, properties, {})
            call("iam", "DeleteRole", {"RoleName": physical_id})

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """See `ResourceType`."""
        role = call("iam", "GetRole", {"RoleName": physical_id})["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def _set_policies(self, call: Call, role: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        name, inline = {"RoleName": role}, {each["PolicyName"]: each for each in new.get("Policies", [])}
        for policy in inline.values():
            document = values.policy(policy["PolicyDocument"])
            call("iam", "PutRolePolicy", {**name, "PolicyName": policy["PolicyName"], "PolicyDocument": document})
        for policy in old.get("Policies", []):
            if policy["PolicyName"] not in inline:
                ignoring(call, "iam", "DeleteRolePolicy", {**name, "PolicyName": policy["PolicyName"]}, _MISSING)
        attached = new.get("ManagedPolicyArns", [])
        for arn in attached:
            call("iam", "AttachRolePolicy", {**name, "PolicyArn": arn})
        for arn in old.get("ManagedPolicyArns", []):
            if arn not in attached:
                ignoring(call, "iam", "DetachRolePolicy", {**name, "PolicyArn": arn}, _MISSING)


class InlinePolicy:
    """A policy inside of roles."""

    taken = Taken("PolicyDocument PolicyName Roles", replacing="PolicyName", required="PolicyDocument PolicyName")

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """See `ResourceType`."""
        return str(properties["PolicyName"])

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        names = [{"RoleName": role, "PolicyName": physical_id} for role in properties.get("Roles", [])]
        return any(found(call, "iam", "GetRolePolicy", name, _MISSING) for name in names)

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        self.update(call, physical_id, {}, properties)

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        for role in new.get("Roles", []):
            document = values.policy(new["PolicyDocument"])
            call("iam", "PutRolePolicy", {"RoleName": role, "PolicyName": physical_id, "PolicyDocument": document})
        left = [role for role in old.get("Roles", []) if role not in new.get("Roles", [])]
        self.delete(call, physical_id, {"Roles": left})

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        for role in properties.get("Roles", []):
            name = {"RoleName": role, "PolicyName": physical_id}
            ignoring(call, "iam", "DeleteRolePolicy", name, _MISSING)

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """See `ResourceType`."""
        return {"Id": physical_id}


class RolePolicy:
    """A policy inside of one role; its physical id names both, as on AWS."""

    taken = Taken("PolicyDocument PolicyName RoleName", replacing="PolicyName RoleName", required="PolicyName RoleName")

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """See `ResourceType`."""
        return f"{properties['PolicyName']}|{properties['RoleName']}"

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        return found(call, "iam", "GetRolePolicy", _inside(properties), _MISSING)

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        document = values.policy(properties.get("PolicyDocument", {}))
        call("iam", "PutRolePolicy", {**_inside(properties), "PolicyDocument": document})

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        self.create(call, physical_id, new)

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        ignoring(call, "iam", "DeleteRolePolicy", _inside(properties), _MISSING)

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """See `ResourceType`."""
        return {}


class ManagedPolicy:
    """A policy of the account; its physical id is its ARN."""

    taken = Taken(
        "Description ManagedPolicyName Path PolicyDocument Roles",
        replacing="Description ManagedPolicyName Path",
        required="PolicyDocument",
    )

    def physical_id(self, properties: Mapping[str, Any], generated: str) -> str:
        """See `ResourceType`."""
        name = properties.get("ManagedPolicyName", generated)
        return f"arn:aws:iam::{ACCOUNT}:policy{properties.get('Path', '/')}{name}"

    def exists(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> bool:
        """See `ResourceType`."""
        return found(call, "iam", "GetPolicy", {"PolicyArn": physical_id}, _MISSING)

    def create(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        request = {name: properties[name] for name in ("Description", "Path") if name in properties}
        document = values.policy(properties["PolicyDocument"])
        call("iam", "CreatePolicy", {**request, "PolicyName": _last(physical_id), "PolicyDocument": document})
        self._attach(call, physical_id, {}, properties)

    def update(self, call: Call, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """See `ResourceType`. A policy has five versions at most, so the earlier ones go first."""
        arn = {"PolicyArn": physical_id}
        if values.policy(old.get("PolicyDocument")) != values.policy(new["PolicyDocument"]):
            self._delete_versions(call, physical_id)
            document = values.policy(new["PolicyDocument"])
            call("iam", "CreatePolicyVersion", {**arn, "PolicyDocument": document, "SetAsDefault": True})
        self._attach(call, physical_id, old, new)

    def delete(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> None:
        """See `ResourceType`."""
        if self.exists(call, physical_id, properties):
            self._attach(call, physical_id, properties, {})
            self._delete_versions(call, physical_id)
            call("iam", "DeletePolicy", {"PolicyArn": physical_id})

    def attributes(self, call: Call, physical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """See `ResourceType`."""
        policy = call("iam", "GetPolicy", {"PolicyArn": physical_id})["Policy"]
        return {"PolicyArn": physical_id, "PolicyId": policy["PolicyId"]}

    def _delete_versions(self, call: Call, arn: str) -> None:
        for version in _pages(call, "ListPolicyVersions", {"PolicyArn": arn}, "Versions"):
            if not version["IsDefaultVersion"]:
                call("iam", "DeletePolicyVersion", {"PolicyArn": arn, "VersionId": version["VersionId"]})

    def _attach(self, call: Call, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for role in new.get("Roles", []):
            call("iam", "AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})
        for role in old.get("Roles", []):
            if role not in new.get("Roles", []):
                ignoring(call, "iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": arn}, _MISSING)


def _inside(properties: Mapping[str, Any]) -> dict[str, str]:
    return {"RoleName": properties["RoleName"], "PolicyName": properties["PolicyName"]}


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _pages(call: Call, operation: str, request: Mapping[str, Any], member: str) -> Iterator[Mapping[str, Any]]:
    marker: dict[str, Any] = {}
    while True:
        page = call("iam", operation, {**request, **marker})
        yield from page[member]
        if not page.get("IsTruncated"):
            return
        marker = {"Marker": page["Marker"]}
