"""What gets into a container's environment, and what does not."""

from __future__ import annotations

from pathlib import Path

from local_sagemaker.containers.base_directory import BaseDirectory
from local_sagemaker.containers.environment import container_environment

BASE = BaseDirectory(Path("/base"))

USERS = {
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real secret",
    "AWS_SESSION_TOKEN": "real token",
    "AWS_PROFILE": "work",
    "GITHUB_TOKEN": "secret",
    "HOME": "/home/someone",
    "PATH": "/usr/bin",
    "PYTHONPATH": "/home/someone/project",
}


def test_the_users_credentials_and_variables_stay_out() -> None:
    environment = container_environment(BASE, "us-east-1", {}, USERS)
    assert not {"AKIAREAL", "real secret", "real token", "work", "secret"} & set(environment.values())
    assert environment["PATH"] == "/usr/bin"
    assert environment["AWS_ACCESS_KEY_ID"] == "local"
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == environment["AWS_CONFIG_FILE"] == "/dev/null"
    assert "PYTHONPATH" not in environment
    assert environment["HOME"].startswith("/base/")


def test_only_a_local_endpoint_is_passed_on() -> None:
    local = container_environment(BASE, None, {}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"})
    assert local["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    far = container_environment(BASE, None, {}, {"AWS_ENDPOINT_URL": "https://sagemaker.us-east-1.amazonaws.com"})
    assert "AWS_ENDPOINT_URL" not in far


def test_the_definition_wins_and_its_paths_are_mapped() -> None:
    environment = container_environment(
        BASE,
        "eu-west-1",
        {"TMPDIR": "/somewhere", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code", "TOP_K": "5"},
        {},
    )
    assert environment["TMPDIR"] == "/somewhere"
    assert environment["SAGEMAKER_SUBMIT_DIRECTORY"] == "/base/model/code"
    assert environment["TOP_K"] == "5"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_the_images_variables_name_the_base_directory() -> None:
    environment = container_environment(BASE, None, {}, {})
    assert environment["SM_MODEL_DIR"] == "/base/model"
    assert environment["SAGEMAKER_BASE_DIR"] == "/base"
    assert environment["PYTHONUNBUFFERED"] == "1"
    assert environment["TMPDIR"] == "/base/tmp"
