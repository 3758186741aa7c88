"""Whole lives with the SDK v3, which is told nothing but a session and a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sdks.conftest import EXAMPLES, Run
from tests.sdks.programs import FUNCTIONS, WORKFLOW_FAILS


@pytest.mark.usefixtures("own_opt_ml")
def test_a_trainer_trains_and_a_builder_serves_what_it_has_trained(v3: Run, aws: Callable[[str], Any]) -> None:
    printed = v3(EXAMPLES / "sdk_v3_model_trainer.py")
    assert printed.value("model").endswith("/output/model.tar.gz")
    assert printed.value("storm") == "['1', '0']"
    assert aws("sagemaker").list_endpoints(NameContains="weather-v3")["Endpoints"] == []


def test_resources_make_ask_and_remove_a_pipeline_of_two_containers(v3: Run, aws: Callable[[str], Any]) -> None:
    printed = v3(EXAMPLES / "sdk_v3_pipeline.py")
    assert "THREE" in printed.text.splitlines()
    assert aws("sagemaker").list_models(NameContains="sdk-example")["Models"] == []


def test_a_builder_serves_two_models_as_one_pipeline(v3: Run, aws: Callable[[str], Any]) -> None:
    printed = v3(EXAMPLES / "sdk_v3_model_builder_pipeline.py")
    assert printed.value("frost") == "['frost', 'none']"
    assert aws("sagemaker").list_models(NameContains="weather-builder")["Models"] == []


@pytest.mark.usefixtures("own_opt_ml")
def test_processors_put_what_their_scripts_write_into_s3(v3: Run) -> None:
    printed = v3(EXAMPLES / "sdk_v3_processing.py")
    for processor in ("ScriptProcessor", "FrameworkProcessor"):
        assert printed.value(f"by {processor}") == "{'train': 48, 'test': 12}"


def test_the_best_of_a_tuners_jobs_has_a_model(v3: Run, aws: Callable[[str], Any]) -> None:
    printed = v3(EXAMPLES / "sdk_v3_tuning.py")
    best = aws("sagemaker").describe_training_job(TrainingJobName=printed.value("best"))
    assert best["TrainingJobStatus"] == "Completed"
    bucket, _, key = printed.value("model").removeprefix("s3://").partition("/")
    assert aws("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 0


@pytest.mark.usefixtures("own_opt_ml")
def test_a_pipeline_registers_a_model_that_is_right_often_and_fails_else(v3: Run, aws: Callable[[str], Any]) -> None:
    assert v3(EXAMPLES / "sdk_v3_workflow.py").value("status") == "Succeeded"
    (package,) = aws("sagemaker").list_model_packages(ModelPackageGroupName="weather-v3")["ModelPackageSummaryList"]
    assert package["ModelApprovalStatus"] == "Approved"
    failed = v3(WORKFLOW_FAILS, str(EXAMPLES / "sdk_v3_workflow.py"))
    assert failed.value("status") == "Failed"
    assert "accuracy below 1.1" in failed.text


@pytest.mark.usefixtures("own_opt_ml")
def test_functions_run_as_jobs_and_as_the_steps_of_a_pipeline(v3: Run) -> None:
    printed = v3(FUNCTIONS)
    assert printed.value("mean") == "3.0"
    assert printed.value("raised") == "division by zero"
    assert printed.value("result") == "rain: 5.0"
    assert printed.value("schedule") == "cron(0 6 ? * MON-FRI *)"
