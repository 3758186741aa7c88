"""Whole lives with the SDK v2, which is told nothing but a session and a role."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from local_sagemaker.containers.images.machine import missing_programs
from tests.image_environments import built
from tests.sdks.conftest import EXAMPLES, HERE, Run
from tests.sdks.programs import LITERAL_PATHS, PACKAGE_TRANSFORMS, WORKFLOW_FAILS

BUCKET = "sagemaker-us-east-1-123456789012"


def test_an_estimator_is_trained_deployed_asked_and_removed(v2: Run, aws: Callable[[str], Any]) -> None:
    before = endpoints_and_configs(aws)
    printed = v2(EXAMPLES / "sdk_v2_sklearn.py")
    assert float(printed.value("accuracy")) == 1.0
    assert printed.value("storm") == "[1, 0]"
    (job,) = aws("sagemaker").list_training_jobs(SortOrder="Descending", MaxResults=1)["TrainingJobSummaries"]
    assert "model.joblib" in names_in_artefact(aws, job["TrainingJobName"])
    assert endpoints_and_configs(aws) == before


def test_an_inference_pipeline_is_asked_singly_and_by_batch(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_pipeline_model.py")
    assert printed.value("storm") == "[['1'], ['0']]"
    assert printed.value("batch") == "['1', '0']"
    latest = aws("sagemaker").list_transform_jobs(SortOrder="Ascending", StatusEquals="Completed")
    first = aws("sagemaker").describe_transform_job(
        TransformJobName=latest["TransformJobSummaries"][0]["TransformJobName"]
    )
    scaled = read(aws, f"{first['TransformOutput']['S3OutputPath']}/readings.csv.out").decode().split()
    rows = [[float(number) for number in line.split(",")] for line in scaled]
    raw = (EXAMPLES / "weather" / "readings.csv").read_text().split()
    assert [row[0] for row in rows] == [float(line.split(",")[0]) for line in raw]
    assert abs(sum(row[1] for row in rows)) < 1e-3


def test_xgboost_trains_with_a_script_and_without_and_serves_behind_scikit_learn(v2_with_images: Run) -> None:
    for image in ("sagemaker-scikit-learn:1.2-1", "sagemaker-xgboost:3.0-5"):
        built(image)
    printed = v2_with_images(EXAMPLES / "sdk_v2_xgboost.py")
    assert printed.value("script") == "[1, 0]"
    assert printed.value("series") == "[1, 0]"


def test_each_of_two_models_behind_one_endpoint_is_asked(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_multi_model.py")
    assert printed.value("models") == "['oslo.tar.gz', 'rome.tar.gz']"
    assert (printed.value("oslo"), printed.value("rome")) == ("[1, 0]", "[1, 0]")
    assert aws("sagemaker").list_models(NameContains="weather-multi-model")["Models"] == []


@pytest.mark.usefixtures("own_opt_ml")
def test_scripts_that_name_opt_ml_run_as_they_are(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(LITERAL_PATHS, str(HERE / "literal_paths"))
    assert printed.value("label") == "sea"
    assert {"tf_idf_vocab.pkl", "label_json.json"} <= names_in_artefact(aws, printed.value("job"))


@pytest.mark.usefixtures("own_opt_ml")
def test_a_program_runs_on_spark_with_its_files_and_configuration(v2_with_images: Run) -> None:
    if missing := missing_programs(built("sagemaker-spark-processing:3.5-cpu-py312").image):
        pytest.skip(missing)
    printed = v2_with_images(EXAMPLES / "sdk_v2_spark.py")
    readings = [line.split(",") for line in (EXAMPLES / "weather" / "readings.csv").read_text().split()]
    for label in ("0", "1"):
        values = [float(first) for of, first, *_ in readings if of == label]
        assert float(printed.value(f"mean {label}")) == pytest.approx(sum(values) / len(values))


@pytest.mark.usefixtures("own_opt_ml")
def test_processors_put_what_their_scripts_write_into_s3(v2: Run) -> None:
    printed = v2(EXAMPLES / "sdk_v2_processing.py")
    for processor in ("SKLearnProcessor", "ScriptProcessor", "FrameworkProcessor"):
        assert printed.value(f"by {processor}") == "{'train': 48, 'test': 12}"


def test_the_latest_approved_version_of_a_model_is_deployed(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_registry.py")
    assert printed.value("version") == "1"
    assert printed.value("storm") == "[['1'], ['0']]"
    (package,) = aws("sagemaker").list_model_packages(ModelPackageGroupName="weather-registry")[
        "ModelPackageSummaryList"
    ]
    assert package["ModelApprovalStatus"] == "Approved"


def test_a_package_that_is_registered_by_its_groups_arn_transforms(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(PACKAGE_TRANSFORMS, str(EXAMPLES / "weather"))
    assert printed.value("package").endswith("/1")
    assert json.loads(read(aws, f"{printed.value('output')}/unlabelled.csv.out")) == [1, 0]


def test_the_best_of_a_tuners_jobs_is_served(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_tuning.py")
    assert printed.value("tried") == "3"
    assert 2 <= int(printed.value("leaves")) <= 6
    assert printed.value("storm") == "[1, 0]"
    best = aws("sagemaker").describe_training_job(TrainingJobName=printed.value("best"))
    assert best["TrainingJobStatus"] == "Completed"
    assert "model.joblib" in names_in_artefact(aws, printed.value("best"))


def test_what_a_run_logs_is_loaded_again_and_compared(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_experiments.py")
    assert printed.value("loaded") == "depth-4"
    assert printed.value("runs") == "['depth-2', 'depth-4']"
    assert printed.value("depth 2:") == "12 losses, the last 0.077"
    assert printed.value("depth 4:") == "12 losses, the last 0.067"
    assert printed.value("accuracy") == "0.9"
    assert read(aws, printed.value("notes")) == b"rain\n"


def test_a_pipeline_runs_to_its_end_and_its_cached_steps_only_once(v2: Run, aws: Callable[[str], Any]) -> None:
    printed = v2(EXAMPLES / "sdk_v2_workflow.py")
    assert printed.value("status") == "Succeeded"
    assert steps(printed.text) == {
        "Prepare": "Succeeded",
        "Train": "Succeeded",
        "Evaluate": "Succeeded",
        "RightOften": "Succeeded",
        "Weather-CreateModel": "Succeeded",
        "Register-RegisterModel": "Succeeded",
        "Forecast": "Succeeded",
    }
    (package,) = aws("sagemaker").list_model_packages(ModelPackageGroupName="weather")["ModelPackageSummaryList"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    told = read(aws, f"s3://{BUCKET}/weather-workflow/forecast/unlabelled.csv.out").split()
    assert len(told) == 15
    assert set(told) == {b"0", b"1"}
    jobs = len(aws("sagemaker").list_training_jobs(NameContains="Train")["TrainingJobSummaries"])
    failed = v2(WORKFLOW_FAILS, str(EXAMPLES / "sdk_v2_workflow.py"))
    assert failed.value("status") == "Failed"
    assert "TooBad Failed" in failed.text
    assert "accuracy below 1.1" in failed.text
    assert len(aws("sagemaker").list_training_jobs(NameContains="Train")["TrainingJobSummaries"]) == jobs


def steps(printed: str) -> dict[str, str]:
    """Read the steps and their statuses."""
    lines = (line.split() for line in printed.splitlines() if line.startswith("step "))
    return {line[1]: line[2] for line in lines}


def endpoints_and_configs(aws: Callable[[str], Any]) -> tuple[set[str], set[str]]:
    endpoints = aws("sagemaker").list_endpoints()["Endpoints"]
    configs = aws("sagemaker").list_endpoint_configs()["EndpointConfigs"]
    return {one["EndpointName"] for one in endpoints}, {one["EndpointConfigName"] for one in configs}


def names_in_artefact(aws: Callable[[str], Any], job: str) -> set[str]:
    """Return the names of the files that a training job has put into its artefact."""
    described = aws("sagemaker").describe_training_job(TrainingJobName=job)
    with tarfile.open(fileobj=io.BytesIO(read(aws, described["ModelArtifacts"]["S3ModelArtifacts"]))) as packed:
        return {name.removeprefix("./") for name in packed.getnames()}


def read(aws: Callable[[str], Any], uri: str) -> bytes:
    """Read an object."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
