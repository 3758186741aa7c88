"""The metric that a policy of target tracking follows: SageMaker's own for variants, or one that the policy names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.errors import AwsError

PREDEFINED = "SageMakerVariantInvocationsPerInstance"

_NAMESPACE, _NAME = "AWS/SageMaker", "InvocationsPerInstance"


@dataclass(frozen=True, slots=True)
class Followed:
    """A metric, and the statistic of it that is to come to the target."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str


def followed(resource: str, config: Mapping[str, Any]) -> Followed:
    """Find what a policy follows.

    Parameters
    ----------
    resource : str
        The variant, `endpoint/<name>/variant/<name>`.
    config : mapping of str to Any
        The policy's `TargetTrackingScalingPolicyConfiguration`.
    """
    own = config.get("CustomizedMetricSpecification")
    if own is None:
        endpoint, variant = parts(resource)
        return Followed(_NAMESPACE, _NAME, {"EndpointName": endpoint, "VariantName": variant}, "Sum")
    dimensions = {each["Name"]: each["Value"] for each in own.get("Dimensions", ())}
    return Followed(own["Namespace"], own["MetricName"], dimensions, own["Statistic"])


def check(config: Mapping[str, Any]) -> None:
    """Refuse a policy that does not follow exactly one metric that there is here, or follows it to nothing.

    Raises
    ------
    AwsError
        `ValidationException`.
    """
    own, predefined = config.get("CustomizedMetricSpecification"), config.get("PredefinedMetricSpecification")
    if (own is None) == (predefined is None):
        raise _invalid("Give exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification.")
    if predefined is not None and predefined.get("PredefinedMetricType") != PREDEFINED:
        raise _invalid(f"Give PredefinedMetricSpecification with PredefinedMetricType={PREDEFINED}.")
    if own is not None and not {"Namespace", "MetricName", "Statistic"} <= own.keys():
        raise _invalid("A CustomizedMetricSpecification has Namespace, MetricName and Statistic.")
    if config["TargetValue"] <= 0:
        raise _invalid("TargetValue must be greater than 0.")


def parts(resource: str) -> tuple[str, str]:
    """Read the endpoint and the variant of a resource, `endpoint/<name>/variant/<name>`.

    Raises
    ------
    AwsError
        `ValidationException` if it is none.
    """
    match resource.split("/"):
        case ["endpoint", endpoint, "variant", variant] if endpoint and variant:
            return endpoint, variant
        case _:
            raise _invalid(f"Unsupported resource ID: {resource}. Use endpoint/…/variant/….")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
