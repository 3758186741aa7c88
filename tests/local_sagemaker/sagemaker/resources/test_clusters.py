"""A job's one instance: asked for, preferred before others, or the only one of its only group."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.resources.clusters import check, chosen, selected
from tests.local_sagemaker.sagemaker.cloud import Cloud

LARGE, SMALL = {"InstanceType": "ml.m5.4xlarge"}, {"InstanceType": "ml.m5.large"}
GROUP = {"InstanceGroupName": "workers", "InstanceType": "ml.c5.xlarge", "InstanceCount": 1}


def counted(preference: dict[str, Any], count: int) -> dict[str, Any]:
    return {**preference, "InstanceCount": count}


def test_the_first_preference_is_chosen_with_its_own_count_or_the_jobs() -> None:
    own = {"InstancePreferences": [counted(LARGE, 1), counted(SMALL, 4)]}
    check(own, "take one.")
    assert selected(own) == {"SelectedInstanceType": "ml.m5.4xlarge", "SelectedInstanceCount": 1}
    assert chosen({"InstancePreferences": [SMALL, LARGE], "InstanceCount": 1}).instance_type == "ml.m5.large"
    assert selected({"InstanceType": "ml.m5.large", "InstanceCount": 1}) == {}


@pytest.mark.parametrize(
    ("cluster", "says"),
    [
        (
            {"InstancePreferences": [counted(LARGE, 2), counted(SMALL, 1)]},
            "not support InstanceCount=2: take one.",
        ),
        ({"InstancePreferences": [LARGE], "InstanceCount": 2}, "not support InstanceCount=2: take one."),
        ({"InstancePreferences": [LARGE, LARGE], "InstanceCount": 1}, "can appear only once"),
        ({"InstancePreferences": [counted(LARGE, 1), SMALL]}, "either with every one"),
        ({"InstancePreferences": [counted(LARGE, 1)], "InstanceCount": 1}, "either with every one"),
        ({"InstancePreferences": [LARGE]}, "either with every one"),
        ({"InstancePreferences": [LARGE], "InstanceCount": 1, "InstanceType": "ml.m5.large"}, "cannot both be given"),
        ({"InstanceGroups": [GROUP, {**GROUP, "InstanceGroupName": "b"}]}, "does not support 2 InstanceGroups: take"),
        ({"InstanceGroups": [{**GROUP, "InstanceCount": 3}]}, "does not support InstanceCount=3: take one."),
        ({"InstanceGroups": [GROUP], "InstanceCount": 1}, "InstanceGroups and InstanceCount cannot both be given"),
    ],
)
def test_what_aws_refuses_and_what_takes_several_machines_is_refused(cluster: dict[str, Any], says: str) -> None:
    with pytest.raises(AwsError, match=says):
        check(cluster, "take one.")


def test_a_processing_job_says_which_of_its_preferences_it_got(cloud: Cloud, name: str) -> None:
    cluster = {"InstancePreferences": [LARGE, SMALL], "InstanceCount": 1, "VolumeSizeInGB": 10}
    described = cloud.process(
        name, "--base", "/opt/ml", "--out", "/opt/ml/processing/out", ProcessingResources={"ClusterConfig": cluster}
    )
    assert described["ProcessingJobStatus"] == "Completed", described.get("FailureReason")
    told = described["ProcessingResources"]["ClusterConfig"]
    assert told == {**cluster, "SelectedInstanceType": "ml.m5.4xlarge", "SelectedInstanceCount": 1}
    assert '"current_instance_type": "ml.m5.4xlarge"' in cloud.get(f"{name}/out/deep/facts.json").decode()


def test_a_training_job_runs_on_the_only_instance_of_its_only_group(cloud: Cloud, name: str) -> None:
    given = cloud.put(f"{name}/train/a.csv", b"1\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": given, "InstanceGroupNames": ["workers"]}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    cluster = {"InstanceGroups": [GROUP], "VolumeSizeInGB": 10}
    described = cloud.train(name, ResourceConfig=cluster, InputDataConfig=[channel])
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    assert described["ResourceConfig"] == cluster
    source["InstanceGroupNames"] = ["others"]
    with pytest.raises(ClientError, match="names others, which is no instance group"):
        cloud.train(f"{name}-others", ResourceConfig=cluster, InputDataConfig=[channel])


def test_preferences_and_spot_instances_exclude_each_other(cloud: Cloud, name: str) -> None:
    cluster = {"InstancePreferences": [LARGE], "InstanceCount": 1, "VolumeSizeInGB": 10}
    assert cloud.train(name, ResourceConfig=cluster)["ResourceConfig"]["SelectedInstanceType"] == "ml.m5.4xlarge"
    with pytest.raises(ClientError, match="InstancePreferences and EnableManagedSpotTraining cannot both"):
        cloud.train(f"{name}-spot", ResourceConfig=cluster, EnableManagedSpotTraining=True)
