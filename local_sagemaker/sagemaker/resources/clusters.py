"""Which instance a job has: the one that it asks for, the first that it prefers, or its only instance group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.resources.refusals import invalid, unsupported

Cluster = Mapping[str, Any]
"""A training job's `ResourceConfig` or a processing job's `ClusterConfig`."""

_HOMOGENEOUS = "homogeneousCluster"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The instances that a job gets."""

    instance_type: str
    count: int
    group: str = _HOMOGENEOUS


def chosen(cluster: Cluster) -> Chosen:
    """Choose as AWS does: every type is to be had at once, so of several it is the first."""
    count = cluster.get("InstanceCount", 1)
    if cluster.get("InstanceGroups"):
        group = cluster["InstanceGroups"][0]
        return Chosen(group["InstanceType"], group["InstanceCount"], group["InstanceGroupName"])
    if preferences := cluster.get("InstancePreferences"):
        return Chosen(preferences[0]["InstanceType"], preferences[0].get("InstanceCount", count))
    return Chosen(cluster.get("InstanceType", "local"), count)


def check(cluster: Cluster, one: str) -> None:
    """Refuse a cluster that AWS would refuse, and one of several instances.

    Parameters
    ----------
    cluster : mapping
        The job's cluster.
    one : str
        What to do instead of asking for several, for the message.

    Raises
    ------
    AwsError
        `ValidationException`.
    """
    _check_groups(cluster, one)
    _check_preferences(cluster)
    if (count := chosen(cluster).count) != 1:
        raise unsupported(f"InstanceCount={count}", one)


def selected(cluster: Cluster) -> dict[str, Any]:
    """Describe the choice among preferences as AWS does; a cluster without them has no such members."""
    if not cluster.get("InstancePreferences"):
        return {}
    choice = chosen(cluster)
    return {"SelectedInstanceType": choice.instance_type, "SelectedInstanceCount": choice.count}


def _check_groups(cluster: Cluster, one: str) -> None:
    groups = cluster.get("InstanceGroups", ())
    if not groups:
        return
    _check_alone("InstanceGroups", cluster, ("InstanceType", "InstanceCount", "InstancePreferences"))
    if len(groups) > 1:
        raise unsupported(f"{len(groups)} InstanceGroups", one)


def _check_preferences(cluster: Cluster) -> None:
    preferences = cluster.get("InstancePreferences", ())
    if not preferences:
        return
    _check_alone("InstancePreferences", cluster, ("InstanceType",))
    types = [preference["InstanceType"] for preference in preferences]
    if len(set(types)) < len(types):
        raise invalid("An instance type can appear only once in InstancePreferences.")
    counted = sum("InstanceCount" in preference for preference in preferences)
    if counted != (0 if "InstanceCount" in cluster else len(preferences)):
        raise invalid("Give InstanceCount either with every one of InstancePreferences, or once for the job.")


def _check_alone(member: str, cluster: Cluster, others: tuple[str, ...]) -> None:
    for other in others:
        if other in cluster:
            raise invalid(f"{member} and {other} cannot both be given.")
