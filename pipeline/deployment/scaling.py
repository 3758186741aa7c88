"""How many instances the endpoint has as its requests come and go: Application Auto Scaling, by a target to track."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.aws.session import OWNER_TAG, Session
from pipeline.console import say
from pipeline.deployment import endpoint
from pipeline.deployment.updating.configuration import VARIANT
from pipeline.errors import BadInput, NotReady

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.type_defs import (
        PutScalingPolicyRequestTypeDef,
        RegisterScalableTargetRequestTypeDef,
        ScalableTargetTypeDef,
        ScalingPolicyTypeDef,
    )

_DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True, slots=True)
class Scaling:
    """Between which counts the endpoint scales, and what it aims at."""

    least: int
    most: int
    invocations: float
    """Requests an instance answers in a minute, on the average; more than that adds instances."""
    scale_in_seconds: int = 300
    """How long after a change none are taken away."""
    scale_out_seconds: int = 60
    """How long after a change none are added."""

    def check(self) -> None:
        """See that the service would take it.

        Raises
        ------
        BadInput
            If it would not; the message names the option.
        """
        if self.least > self.most:
            raise BadInput(f"--min {self.least} is more than --max {self.most}.")


def scale(session: Session, scaling: Scaling) -> None:
    """Let the endpoint scale; the same again changes nothing.

    Raises
    ------
    NotReady
        If there is no endpoint in service.
    BadInput
        If the endpoint is not ours, or the service would not take it.
    """
    scaling.check()
    present = endpoint.ours_at_rest(session)
    if present is None:
        raise endpoint.not_deployed(session)
    if present["EndpointStatus"] != "InService":
        raise NotReady(f"endpoint {session.name} is {present['EndpointStatus']}: `make deploy-pipeline` first.")
    if not _is_registered(session, scaling):
        session.scaling.register_scalable_target(**target_request(session, scaling))
    if not _has_policy(session, scaling):
        session.scaling.put_scaling_policy(**policy_request(session, scaling))
    say(f"endpoint {session.name}: {scaling.least} to {scaling.most} instances")


def target_request(session: Session, scaling: Scaling) -> RegisterScalableTargetRequestTypeDef:
    """Return the request of RegisterScalableTarget."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": _resource(session),
        "ScalableDimension": _DIMENSION,
        "MinCapacity": scaling.least,
        "MaxCapacity": scaling.most,
        "Tags": {OWNER_TAG: session.name},
    }


def policy_request(session: Session, scaling: Scaling) -> PutScalingPolicyRequestTypeDef:
    """Return the request of PutScalingPolicy."""
    return {
        "PolicyName": f"{session.name}-invocations",
        "ServiceNamespace": "sagemaker",
        "ResourceId": _resource(session),
        "ScalableDimension": _DIMENSION,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": float(scaling.invocations),
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": scaling.scale_in_seconds,
            "ScaleOutCooldown": scaling.scale_out_seconds,
        },
    }


def found(session: Session) -> ScalableTargetTypeDef | None:
    """Return the scalable target of the endpoint; None where it does not scale, or it is not ours."""
    for target in _targets(session):
        if _is_ours(session, target):
            return target
    return None


def delete(session: Session) -> Iterator[str]:
    """Take policies and target away, yielding what was deleted; the instances stay as many as they are."""
    if found(session) is None:
        return
    for policy in _policies(session):
        session.scaling.delete_scaling_policy(
            PolicyName=policy["PolicyName"],
            ServiceNamespace="sagemaker",
            ResourceId=_resource(session),
            ScalableDimension=_DIMENSION,
        )
        yield f"scaling policy {policy['PolicyName']}"
    session.scaling.deregister_scalable_target(
        ServiceNamespace="sagemaker", ResourceId=_resource(session), ScalableDimension=_DIMENSION
    )
    yield f"scalable target {_resource(session)}"


def _resource(session: Session) -> str:
    return f"endpoint/{session.name}/variant/{VARIANT}"


def _targets(session: Session) -> list[ScalableTargetTypeDef]:
    return session.scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[_resource(session)], ScalableDimension=_DIMENSION
    )["ScalableTargets"]


def _policies(session: Session) -> list[ScalingPolicyTypeDef]:
    return session.scaling.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=_resource(session), ScalableDimension=_DIMENSION
    )["ScalingPolicies"]


def _is_ours(session: Session, target: ScalableTargetTypeDef) -> bool:
    tags = session.scaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"]
    return tags.get(OWNER_TAG) == session.name


def _is_registered(session: Session, scaling: Scaling) -> bool:
    wanted = (scaling.least, scaling.most)
    return any((target["MinCapacity"], target["MaxCapacity"]) == wanted for target in _targets(session))


def _has_policy(session: Session, scaling: Scaling) -> bool:
    wanted = policy_request(session, scaling)
    tracked = wanted["TargetTrackingScalingPolicyConfiguration"]
    return any(
        policy["PolicyName"] == wanted["PolicyName"]
        and all(policy["TargetTrackingScalingPolicyConfiguration"].get(key) == value for key, value in tracked.items())
        for policy in _policies(session)
    )
