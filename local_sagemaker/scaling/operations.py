"""The operations of Application Auto Scaling on endpoints' variants."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import current_region
from local_sagemaker.protocol import page_tokens
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.scaling.followed import check, parts
from local_sagemaker.scaling.store import Activity, Policy, Store, Target, policy_key
from local_sagemaker.scaling.tracking import Ask, Tracking, alarm_settings

_ACCOUNT = "123456789012"
_NAMESPACE, _DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
_ROLE = (
    f"arn:aws:iam::{_ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_PAGE = 50
_ABOUT = {"ServiceNamespace": _NAMESPACE, "ScalableDimension": _DIMENSION}


class ScalingOperations:
    """RegisterScalableTarget, PutScalingPolicy and what else there is.

    Parameters
    ----------
    store : Store
        The targets, policies and activities.
    tracking : Tracking
        Sets instance counts.
    cloudwatch : Ask
        Calls CloudWatch, for the policies' alarms.
    """

    def __init__(self, store: Store, tracking: Tracking, cloudwatch: Ask) -> None:
        self._store = store
        self._tracking = tracking
        self._cloudwatch = cloudwatch

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "DeleteScalingPolicy": self.delete_policy,
            "DeregisterScalableTarget": self.deregister,
            "DescribeScalableTargets": self.describe_targets,
            "DescribeScalingActivities": self.describe_activities,
            "DescribeScalingPolicies": self.describe_policies,
            "ListTagsForResource": lambda request: {"Tags": dict(self._tagged(request["ResourceARN"]).tags)},
            "PutScalingPolicy": self.put_policy,
            "RegisterScalableTarget": self.register,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    def register(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer RegisterScalableTarget; an instance count that is out of the limits is set at once.

        Raises
        ------
        AwsError
            `ValidationException` if the variant is not there, or the limits are none.
        """
        resource = request["ResourceId"]
        self._tracking.instances(resource)
        before = self._store.targets.get(resource)
        target = _target(request, before)
        if not 0 <= target.least <= target.most:
            raise _invalid(
                f"Minimum capacity {target.least} must not be negative, nor above maximum capacity {target.most}."
            )
        self._store.targets.put(target)
        self._tracking.confine(target)
        return {"ScalableTargetARN": _target_arn(target)}

    def deregister(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeregisterScalableTarget; its policies and their alarms go, too."""
        target = self._registered(request["ResourceId"])
        for policy in self._policies_of(target.resource):
            self._remove(policy)
        self._store.targets.remove(target.name)
        return {}

    def describe_targets(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeScalableTargets."""
        wanted = request.get("ResourceIds")
        found = [target for target in self._store.targets.all() if wanted is None or target.resource in wanted]
        return _page("ScalableTargets", [_described_target(target) for target in found], request)

    def put_policy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer PutScalingPolicy; the policy's alarms are put, too.

        Raises
        ------
        AwsError
            `ObjectNotFoundException` if the target is not registered, `ValidationException` for another kind of policy.
        """
        config = _config(request)
        target = self._registered(request["ResourceId"])
        name = request["PolicyName"]
        before = self._store.policies.get(policy_key(target.resource, name))
        policy = replace(before, config=config) if before else _policy(target.resource, name, config)
        self._store.policies.put(policy)
        arn = _policy_arn(policy)
        for settings in alarm_settings(policy):
            description = f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {arn}."
            self._cloudwatch("PutMetricAlarm", {**settings, "AlarmActions": [arn], "AlarmDescription": description})
        return {"PolicyARN": arn, "Alarms": _alarms(policy)}

    def delete_policy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteScalingPolicy; its alarms go, too."""
        resource, name = request["ResourceId"], request["PolicyName"]
        policy = self._store.policies.get(policy_key(resource, name))
        if policy is None:
            raise _absent(f"No scaling policy found for {_words(resource)}, policy name: {name}")
        self._remove(policy)
        return {}

    def describe_policies(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeScalingPolicies."""
        names, resource = request.get("PolicyNames"), request.get("ResourceId")
        found = [
            policy
            for policy in self._store.policies.all()
            if resource in (None, policy.resource)
            and (names is None or {policy.policy, _policy_arn(policy)} & set(names))
        ]
        return _page("ScalingPolicies", [_described_policy(policy) for policy in found], request)

    def describe_activities(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeScalingActivities, the newest first."""
        resource = request.get("ResourceId")
        found = [one for one in reversed(self._store.activities.all()) if resource in (None, one.resource)]
        return _page("ScalingActivities", [_described_activity(activity) for activity in found], request)

    def tag(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer TagResource."""
        return self._retag(request["ResourceARN"], lambda tags: {**tags, **request["Tags"]})

    def untag(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UntagResource."""
        gone = request["TagKeys"]
        return self._retag(
            request["ResourceARN"], lambda tags: {key: value for key, value in tags.items() if key not in gone}
        )

    def _retag(self, arn: str, change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> dict[str, Any]:
        name = self._tagged(arn).name
        self._store.targets.change(name, lambda target: replace(target, tags=change(target.tags)))
        return {}

    def _tagged(self, arn: str) -> Target:
        for target in self._store.targets.all():
            if arn.endswith(f":scalable-target/{target.id}"):
                return target
        raise AwsError("ResourceNotFoundException", f"There is no scalable target {arn}.")

    def _registered(self, resource: str) -> Target:
        parts(resource)
        target = self._store.targets.get(resource)
        if target is None:
            raise _absent(f"No scalable target registered for {_words(resource)}")
        return target

    def _policies_of(self, resource: str) -> list[Policy]:
        return [policy for policy in self._store.policies.all() if policy.resource == resource]

    def _remove(self, policy: Policy) -> None:
        """Delete a policy and, first, its alarms: what is cut off in between can be deleted again."""
        there = self._cloudwatch("DescribeAlarms", {"AlarmNames": list(policy.alarms)})["MetricAlarms"]
        self._cloudwatch("DeleteAlarms", {"AlarmNames": [alarm["AlarmName"] for alarm in there]})
        self._store.policies.remove(policy.name)


def _target(request: Mapping[str, Any], before: Target | None) -> Target:
    if before is None and not {"MinCapacity", "MaxCapacity"} <= request.keys():
        raise _invalid("MinCapacity and MaxCapacity must be specified for a new scalable target.")
    if before is None:
        made = datetime.now(UTC)
        before = Target(request["ResourceId"], uuid.uuid4().hex, 0, 0, request.get("RoleARN", _ROLE), made)
    elif "Tags" in request:
        raise _invalid("Tags can only be given to a new scalable target; use TagResource.")
    return replace(
        before,
        least=request.get("MinCapacity", before.least),
        most=request.get("MaxCapacity", before.most),
        suspended={**before.suspended, **request.get("SuspendedState", {})},
        tags=request.get("Tags", before.tags),
    )


def _config(request: Mapping[str, Any]) -> Mapping[str, Any]:
    config: Mapping[str, Any] | None = request.get("TargetTrackingScalingPolicyConfiguration")
    if config is None or request.get("PolicyType") != "TargetTrackingScaling":
        raise _invalid("Give PolicyType=TargetTrackingScaling and a TargetTrackingScalingPolicyConfiguration.")
    check(config)
    return config


def _policy(resource: str, name: str, config: Mapping[str, Any]) -> Policy:
    alarms = tuple(f"TargetTracking-{resource}-Alarm{kind}-{uuid.uuid4()}" for kind in ("High", "Low"))
    return Policy(resource, name, str(uuid.uuid4()), config, alarms, datetime.now(UTC))


def _target_arn(target: Target) -> str:
    return f"arn:aws:application-autoscaling:{current_region()}:{_ACCOUNT}:scalable-target/{target.id}"


def _policy_arn(policy: Policy) -> str:
    place = f"arn:aws:autoscaling:{current_region()}:{_ACCOUNT}:scalingPolicy:{policy.id}"
    return f"{place}:resource/{_NAMESPACE}/{policy.resource}:policyName/{policy.policy}"


def _alarms(policy: Policy) -> list[dict[str, str]]:
    arn = f"arn:aws:cloudwatch:{current_region()}:{_ACCOUNT}:alarm:"
    return [{"AlarmName": name, "AlarmARN": arn + name} for name in policy.alarms]


def _described_target(target: Target) -> dict[str, Any]:
    switches = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    return {
        **_ABOUT,
        "ResourceId": target.resource,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": target.role,
        "CreationTime": target.created,
        "SuspendedState": {switch: target.suspended.get(switch, False) for switch in switches},
        "ScalableTargetARN": _target_arn(target),
    }


def _described_policy(policy: Policy) -> dict[str, Any]:
    return {
        **_ABOUT,
        "PolicyARN": _policy_arn(policy),
        "PolicyName": policy.policy,
        "ResourceId": policy.resource,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": policy.config,
        "Alarms": _alarms(policy),
        "CreationTime": policy.created,
    }


def _described_activity(activity: Activity) -> dict[str, Any]:
    return {
        **_ABOUT,
        "ActivityId": activity.id,
        "ResourceId": activity.resource,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started,
        "EndTime": activity.started,
        "StatusCode": activity.status,
        "StatusMessage": activity.message,
    }


def _page(member: str, found: Sequence[Mapping[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    start = 0
    if (token := request.get("NextToken")) is not None:
        try:
            (start,) = page_tokens.place(token, [0], [member])
        except page_tokens.ForeignToken as error:
            raise AwsError("InvalidNextTokenException", "Invalid NextToken.") from error
    end = start + min(max(1, request.get("MaxResults", _PAGE)), _PAGE)
    more = {"NextToken": page_tokens.written([end], [member])} if end < len(found) else {}
    return {member: list(found[start:end]), **more}


def _words(resource: str) -> str:
    return f"service namespace: {_NAMESPACE}, resource ID: {resource}, scalable dimension: {_DIMENSION}"


def _absent(message: str) -> AwsError:
    return AwsError("ObjectNotFoundException", message)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
