"""A pipeline in the shape of AWS's samples succeeds, and fails at each of its steps as it would on AWS."""

from __future__ import annotations

import json

import pytest

from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.pipelines.executing import Pipelines
from tests.local_sagemaker.sagemaker.pipelines.sample import ALL, sample

DATA = {"Data": f"s3://{BUCKET}/line/pairs.csv"}


@pytest.fixture(scope="module")
def pipeline(cloud: Cloud) -> str:
    return Pipelines(cloud).create("line", sample(cloud, "lines"))


def test_it_succeeds_and_leaves_what_it_should(cloud: Cloud, pipeline: str) -> None:
    pipelines = Pipelines(cloud)
    arn = pipelines.start(pipeline, {**DATA, "Approval": "Approved"})
    described = pipelines.ended(arn)
    steps = pipelines.steps(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded", steps
    assert pipelines.statuses(arn) == dict.fromkeys(ALL, "Succeeded")
    folder = f"line/{arn.rpartition('/')[2]}"
    report = json.loads(cloud.get(f"{folder}/Evaluate/evaluation/evaluation.json"))
    assert 0 < report["regression_metrics"]["mse"]["value"] < 6
    package = cloud.sagemaker.describe_model_package(
        ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("/evaluation/evaluation.json")
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    [container] = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == cloud.trained(job)["ModelArtifacts"]["S3ModelArtifacts"]
    one, ten = map(float, cloud.get(f"{folder}/out/batch.csv.out").split())
    assert ten == pytest.approx(10 * one)
    assert 2 < one < 2.2


FAILURES = {
    "Prepare": ({"PrepareFlag": "--fail"}, "AlgorithmError"),
    "Train": ({"TrainFails": "yes"}, "ClientError: AlgorithmError: the line is crooked"),
    "Evaluate": ({"EvaluateFlag": "--fail"}, "AlgorithmError"),
    "Decide": ({"EvaluateFlag": "--nothing"}, "evaluation.json cannot be read"),
    "TooBad": ({"MostError": "0.001"}, "Execution failed due to MSE > 0.001"),
    "Create": ({"Image": "somebody/else:1"}, "ClientError: Failed to invoke sagemaker:CreateModel. Error Details: "),
    "Register": ({"Approval": "Perhaps"}, "Failed to invoke sagemaker:CreateModelPackage. Error Details: "),
    "Transform": ({"Batch": f"s3://{BUCKET}/line/pairs.csv"}, "ClientError: "),
}


@pytest.mark.parametrize("step", FAILURES)
def test_it_fails_at_a_step(cloud: Cloud, pipeline: str, step: str) -> None:
    pipelines, (parameters, reason) = Pipelines(cloud), FAILURES[step]
    arn = pipelines.start(pipeline, {**DATA, **parameters})
    described = pipelines.ended(arn)
    assert described["PipelineExecutionStatus"] == "Failed"
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."
    steps = pipelines.steps(arn)
    failed = [name for name, one in steps.items() if one["StepStatus"] == "Failed"]
    assert failed == [step]
    assert reason in steps[step]["FailureReason"]
    assert steps[step]["EndTime"] >= steps[step]["StartTime"]
    depends = {"Create": {"Transform"}, "Register": set(), "Transform": set()}
    assert not depends.get(step, {"Create", "Register", "Transform"}) & steps.keys(), "what needs it has not begun"


def test_its_fail_step_is_told_of_as_on_aws(cloud: Cloud, pipeline: str) -> None:
    pipelines = Pipelines(cloud)
    arn = pipelines.start(pipeline, {**DATA, "MostError": "0.001"})
    pipelines.ended(arn)
    steps = pipelines.steps(arn)
    assert steps["Decide"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert steps["TooBad"]["Metadata"] == {"Fail": {"ErrorMessage": "Execution failed due to MSE > 0.001"}}
    assert not {"Create", "Register", "Transform"} & steps.keys()
