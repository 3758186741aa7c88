"""The members of Application Auto Scaling's requests: the written list of what is honoured."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below

_ABOUT = {
    "ServiceNamespace": ("sagemaker",),
    "ScalableDimension": ("sagemaker:variant:DesiredInstanceCount",),
}
_INSTEAD = {
    "ServiceNamespace": "give sagemaker: endpoints' variants are scaled, and nothing else.",
    "ScalableDimension": "give sagemaker:variant:DesiredInstanceCount: instance counts are scaled, and nothing else.",
}
_PAGES = "MaxResults NextToken"
_TRACKING = "TargetTrackingScalingPolicyConfiguration"

SCALING: Mapping[str, Members] = {
    "DeleteScalingPolicy": Members("PolicyName ResourceId", only=_ABOUT, instead=_INSTEAD),
    "DeregisterScalableTarget": Members("ResourceId", only=_ABOUT, instead=_INSTEAD),
    "DescribeScalableTargets": Members(f"ResourceIds {_PAGES}", only=_ABOUT, instead=_INSTEAD),
    "DescribeScalingActivities": Members(
        f"ResourceId {_PAGES}",
        {"IncludeNotScaledActivities": "what was not done is not noted"},
        _ABOUT,
        _INSTEAD,
    ),
    "DescribeScalingPolicies": Members(f"PolicyNames ResourceId {_PAGES}", only=_ABOUT, instead=_INSTEAD),
    "ListTagsForResource": Members("ResourceARN"),
    "PutScalingPolicy": Members(
        "PolicyName ResourceId "
        + below(_TRACKING, "TargetValue ScaleOutCooldown ScaleInCooldown DisableScaleIn")
        + f" {_TRACKING}.PredefinedMetricSpecification.PredefinedMetricType "
        + below(f"{_TRACKING}.CustomizedMetricSpecification", "Namespace MetricName Statistic")
        + " "
        + below(f"{_TRACKING}.CustomizedMetricSpecification.Dimensions", "Name Value"),
        only={**_ABOUT, "PolicyType": ("TargetTrackingScaling",)},
        instead={
            **_INSTEAD,
            "PolicyType": "give TargetTrackingScaling.",
            f"{_TRACKING}.CustomizedMetricSpecification.Metrics": "give one metric; there is no metric math.",
        },
    ),
    "RegisterScalableTarget": Members(
        "ResourceId MinCapacity MaxCapacity RoleARN Tags "
        + below("SuspendedState", "DynamicScalingInSuspended DynamicScalingOutSuspended"),
        {"SuspendedState.ScheduledScalingSuspended": "there are no scheduled actions"},
        _ABOUT,
        _INSTEAD,
    ),
    "TagResource": Members("ResourceARN Tags"),
    "UntagResource": Members("ResourceARN TagKeys"),
}
