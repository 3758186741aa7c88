"""Metrics: which ones a job has, and how they are read from its log."""

from __future__ import annotations

from typing import Any

from local_sagemaker.sagemaker.training.metrics import MetricReader, definitions_of
from tests.local_sagemaker.sagemaker.cloud import IMAGE

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
LINE = "[3]#011train-rmse:0.25000#011validation-rmse:0.50000"


def request(image: str, **hyperparameters: str) -> dict[str, Any]:
    return {"AlgorithmSpecification": {"TrainingImage": image}, "HyperParameters": hyperparameters}


def test_a_job_of_an_images_own_algorithm_has_the_metrics_that_it_logs() -> None:
    reader = MetricReader(definitions_of(request(XGBOOST, num_round="10")))
    reader.read(LINE)
    assert {metric.name: metric.value for metric in reader.final()} == {"train:rmse": 0.25, "validation:rmse": 0.5}


def test_a_script_has_the_metrics_that_its_request_defines() -> None:
    assert definitions_of(request(XGBOOST, sagemaker_program="train.py")) == []
    assert definitions_of(request(IMAGE)) == []
    asked = request(XGBOOST)
    asked["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "own", "Regex": "own=(.*)"}]
    assert [given["Name"] for given in definitions_of(asked)] == ["own"]


def test_each_value_is_given_as_soon_as_it_is_read() -> None:
    reader = MetricReader([{"Name": "loss", "Regex": "loss=([0-9.]+);"}])
    read = reader.read("loss=0.5; loss=0.25;")
    assert [metric.value for metric in read] == [0.5, 0.25]
    assert reader.final() == (read[-1],)
