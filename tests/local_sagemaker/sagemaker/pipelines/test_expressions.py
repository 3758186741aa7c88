"""What expressions and conditions come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local_sagemaker.sagemaker.pipelines.evaluation.conditions import holds
from local_sagemaker.sagemaker.pipelines.evaluation.values import Scope, Unresolvable, evaluated
from tests.local_sagemaker.sagemaker.pipelines.definitions import compared, get, join, json_get

DESCRIBED: Mapping[str, Any] = {
    "ModelArtifacts": {"S3ModelArtifacts": "s3://a/model.tar.gz"},
    "HyperParameters": {"max depth": "3"},
    "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.25}, {"MetricName": "accuracy", "Value": 0.75}],
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://a/train"}}]},
}
REPORT = {"metrics": {"mse": {"value": 4.5}}, "list": [1, {"a b": True}], "text": "high", "nothing": None}
SCOPE = Scope(
    given={
        "Parameters": {"Depth": 3, "Rate": 0.5, "Flag": True, "Word": "a"},
        "Execution": {"PipelineName": "p"},
    },
    properties={"Train": DESCRIBED}.__getitem__,
    property_file=lambda step, name: REPORT,
    json_at=lambda uri: {"uri": uri},
)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (get("Parameters.Depth"), 3),
        (get("Execution.PipelineName"), "p"),
        (get("Steps.Train.ModelArtifacts.S3ModelArtifacts"), "s3://a/model.tar.gz"),
        (get("Steps.Train.HyperParameters['max depth']"), "3"),
        (get("Steps.Train.FinalMetricDataList[1].Value"), 0.75),
        (get("Steps.Train.FinalMetricDataList['loss'].Value"), 0.25),
        (get("Steps.Train.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"), "s3://a/train"),
        (join("/", "s3:/", get("Parameters.Word"), get("Parameters.Depth")), "s3://a/3"),
        (join(",", get("Parameters.Flag"), get("Parameters.Rate"), join("", "x", 1)), "true,0.5,x1"),
        (json_get("Evaluate", "Report", "metrics.mse.value"), 4.5),
        (json_get("Evaluate", "Report", "$.list[1]['a b']"), True),
        ({"Std:JsonGet": {"S3Uri": join("/", "s3:/", "b", "k"), "Path": "uri"}}, "s3://b/k"),
        ({"a": [get("Parameters.Word"), {"b": get("Parameters.Flag")}], "c": 1}, {"a": ["a", {"b": True}], "c": 1}),
        ({"Get": {"not": "a reference"}}, {"Get": {"not": "a reference"}}),
    ],
)
def test_an_expression_is_replaced_by_its_value(value: Any, result: Any) -> None:
    assert evaluated(value, SCOPE) == result


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (get("Steps.Train.ModelArtifacts.Other"), "there is no 'Other'"),
        (get("Steps.Train.FinalMetricDataList[7].Value"), "there is no 7"),
        (json_get("Evaluate", "Report", "metrics.rmse.value"), "there is no 'rmse'"),
        (get("Execution.TrainingJobName"), r"\[Execution.TrainingJobName\] has no value"),
    ],
)
def test_an_expression_without_a_value_says_where_it_ends(value: Any, message: str) -> None:
    with pytest.raises(Unresolvable, match=message):
        evaluated(value, SCOPE)


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compared("Equals", get("Parameters.Word"), "a"), True),
        (compared("Equals", get("Parameters.Depth"), 3.0), True),
        (compared("Equals", get("Parameters.Flag"), 1), False),
        (compared("Equals", "3", 3), False),
        (compared("LessThanOrEqualTo", json_get("E", "R", "metrics.mse.value"), 4.5), True),
        (compared("LessThan", json_get("E", "R", "metrics.mse.value"), 4.5), False),
        (compared("GreaterThan", get("Parameters.Depth"), get("Parameters.Rate")), True),
        (compared("GreaterThanOrEqualTo", "b", get("Parameters.Word")), True),
        ({"Type": "In", "QueryValue": get("Parameters.Word"), "Values": ["b", get("Parameters.Word")]}, True),
        ({"Type": "In", "QueryValue": 1, "Values": [True, "1"]}, False),
        ({"Type": "Not", "Condition": compared("Equals", 1, 1)}, False),
        ({"Type": "Not", "Expression": compared("Equals", 1, 2)}, True),
        ({"Type": "Or", "Conditions": [compared("Equals", 1, 2), compared("Equals", 2, 2)]}, True),
        ({"Type": "Or", "Conditions": []}, False),
    ],
)
def test_a_condition_comes_out(condition: Mapping[str, Any], outcome: bool) -> None:
    assert holds(condition, SCOPE) is outcome


@pytest.mark.parametrize(("left", "right"), [("high", 3), (True, 0), (None, 1), ([1], [2])])
def test_what_has_no_order_cannot_be_compared(left: Any, right: Any) -> None:
    with pytest.raises(Unresolvable, match="cannot compare"):
        holds(compared("GreaterThan", left, right), SCOPE)
