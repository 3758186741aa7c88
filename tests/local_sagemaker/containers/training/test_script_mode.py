"""What a training script is told. `tests/image` holds all of it to the real toolkit; here are its rules, one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.containers.base_directory import BaseDirectory
from local_sagemaker.containers.training.script_mode import ScriptMode, arguments, map_paths, variables

BASE = BaseDirectory(Path("/base"))
RESOURCES = {
    "current_host": "algo-1",
    "current_instance_type": "ml.m5.large",
    "current_group_name": "homogeneousCluster",
    "hosts": ["algo-1"],
    "instance_groups": [
        {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
    ],
    "network_interface_name": "eth0",
}


def script(container: dict[str, str] | None = None, **hyperparameters: str) -> ScriptMode:
    return ScriptMode(BASE, hyperparameters, {"train": {"TrainingInputMode": "File"}}, RESOURCES, container or {})


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        (0.01, "0.01"),
        (True, "True"),
        (False, "False"),
        (None, ""),
        ("two words", "two words"),
        ([1, "a"], "[1, 'a']"),
        ({"b": 1, "a": [1, 2]}, "a=[1, 2],b=1"),
    ],
)
def test_values_as_arguments(value: object, argument: str) -> None:
    assert arguments({"name": value}) == ["--name", argument]


def test_arguments_are_sorted_and_one_letter_has_one_dash() -> None:
    assert arguments({"z": 1, "alpha": 2}) == ["--alpha", "2", "-z", "1"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.01, "0.01"), (True, "true"), (None, ""), ("x y", "x y"), ({"b": 1, "a": "\u00e9"}, '{"a":"\\u00e9","b":1}')],
)
def test_values_as_variables(value: object, text: str) -> None:
    assert variables({"hp_Name": value}) == {"SM_HP_NAME": text}


def test_a_value_that_is_not_json_is_taken_as_it_is() -> None:
    assert script(profile="seed", number="3").arguments == ["--number", "3", "--profile", "seed"]


def test_the_toolkits_own_hyperparameters_are_no_arguments() -> None:
    told = script(
        sagemaker_program='"train.py"',
        sagemaker_submit_directory='"s3://bucket/sourcedir.tar.gz"',
        sagemaker_container_log_level="10",
        sagemaker_parameter_server_enabled="false",
        alpha="0.01",
    )
    environment = told.environment()
    assert told.arguments == ["--alpha", "0.01"]
    assert environment["SM_HPS"] == '{"alpha":0.01}'
    assert environment["SM_FRAMEWORK_PARAMS"] == '{"sagemaker_parameter_server_enabled":false}'
    assert environment["SM_MODULE_DIR"] == "s3://bucket/sourcedir.tar.gz"
    assert environment["SM_MODULE_NAME"] == "train"
    assert environment["SM_USER_ENTRY_POINT"] == "train.py"
    assert environment["SM_LOG_LEVEL"] == "10"


def test_the_environment_names_the_places() -> None:
    environment = script({"TRAINING_JOB_NAME": "job-1"}, sagemaker_program="train.py").environment()
    assert environment["SM_MODEL_DIR"] == "/base/model"
    assert environment["SM_OUTPUT_DATA_DIR"] == "/base/output/data"
    assert environment["SM_CHANNELS"] == '["train"]'
    assert environment["SM_CHANNEL_TRAIN"] == "/base/input/data/train"
    assert environment["SM_HOSTS"] == '["algo-1"]'
    assert environment["SM_CURRENT_HOST"] == environment["CURRENT_HOST"] == "algo-1"
    training: dict[str, Any] = json.loads(environment["SM_TRAINING_ENV"])
    assert training["job_name"] == "job-1"
    assert training["resource_config"] == RESOURCES


def test_a_program_of_the_environment_goes_first() -> None:
    assert script({"SAGEMAKER_PROGRAM": "other.py"}, sagemaker_program="train.py").entry_point == "other.py"


@pytest.mark.parametrize(
    ("given", "mapped"),
    [
        ('"/opt/ml/input/data/code/x.tar.gz"', '"/base/input/data/code/x.tar.gz"'),
        ("/opt/ml/input/data/train", '"/base/input/data/train"'),
        ('"s3://bucket/x"', '"s3://bucket/x"'),
        ("0.10", "0.10"),
        ('"seed"', '"seed"'),
        ("seed", "seed"),
    ],
)
def test_hyperparameters_that_are_paths_are_mapped(given: str, mapped: str) -> None:
    assert map_paths({"name": given}, BASE) == {"name": mapped}


def test_a_hyperparameter_that_leads_out_is_refused() -> None:
    with pytest.raises(ContainerFailed, match="leads out"):
        map_paths({"name": '"/opt/ml/../x"'}, BASE)
