"""Executions of pipelines: real jobs, in the order that the definition says."""

from __future__ import annotations

import pytest

from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.pipelines.definitions import (
    compared,
    condition,
    definition,
    fail,
    get,
    join,
    model,
    training,
    transform,
)
from tests.local_sagemaker.sagemaker.pipelines.executing import Pipelines


@pytest.fixture
def pipelines(cloud: Cloud) -> Pipelines:
    return Pipelines(cloud)


def test_a_pipeline_trains_decides_and_transforms(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    branch = [
        model(cloud, "Create"),
        transform(
            "Transform",
            get("Steps.Create.ModelName"),
            cloud.put(f"{name}/in/a.csv", b"one\n"),
            join("/", f"s3://{BUCKET}/out", get("Execution.PipelineExecutionId")),
        ),
    ]
    text = definition(
        training(cloud, hyperparameters={"depth": join("", get("Parameters.Depth"))}),
        condition("Decide", compared("GreaterThan", get("Parameters.Depth"), 2), yes=branch, no=[fail()]),
        parameters=[{"Name": "Depth", "Type": "Integer", "DefaultValue": 3}],
    )
    described = pipelines.run(name, text)
    arn = described["PipelineExecutionArn"]
    assert described["PipelineExecutionStatus"] == "Succeeded", pipelines.steps(arn)
    assert pipelines.statuses(arn) == dict.fromkeys(("Train", "Decide", "Create", "Transform"), "Succeeded")
    steps = pipelines.steps(arn)
    assert steps["Decide"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    execution = arn.rpartition("/")[2]
    assert cloud.get(f"out/{execution}/a.csv.out") == b"one\n"
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"pipelines-{execution}-Train-")
    assert cloud.trained(job)["HyperParameters"]["depth"] == "3"
    assert cloud.get(f"jobs/{job}/output/model.tar.gz")
