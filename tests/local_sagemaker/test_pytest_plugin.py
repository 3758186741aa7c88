"""The plugin's fixtures, in somebody else's test run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.local_sagemaker.conftest import CHECKOUT

SESSION = """
import boto3

def test_boto3_is_pointed_at_it(local_sagemaker):
    boto3.client("s3").create_bucket(Bucket="mine")
    assert local_sagemaker.client("s3").list_buckets()["Buckets"][0]["Name"] == "mine"

def test_a_url_that_an_sdk_hard_codes_leads_to_it(local_sagemaker):
    sts = boto3.client("sts", endpoint_url="https://sts.us-east-1.amazonaws.com")
    assert ":assumed-role/SageMakerRole/" in sts.get_caller_identity()["Arn"]

def test_what_a_test_made_is_seen_by_the_next(local_sagemaker):
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["mine"]

def test_an_empty_one_is_empty(empty_local_sagemaker, local_sagemaker):
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert empty_local_sagemaker.url != local_sagemaker.url

def test_afterwards_the_sessions_is_back(local_sagemaker):
    assert boto3.client("s3").list_buckets()["Buckets"] != []
"""
FAILING = """
import pytest
from local_sagemaker.testing import Failed

def test_reason_and_log_are_in_the_message(local_sagemaker, tmp_path):
    (tmp_path / "train.py").write_text("print('reading'); raise SystemExit(7)")
    with pytest.raises(Failed, match="(?s)ExitCode 7.*reading"):
        local_sagemaker.train(tmp_path, channels={"train": tmp_path})

def test_a_container_that_does_not_come_up_is_reported_and_removed(local_sagemaker, tmp_path):
    (tmp_path / "train.py").write_text("import os; open(os.environ['SM_MODEL_DIR'] + '/m', 'w').close()")
    (tmp_path / "inference.py").write_text("def model_fn(directory): raise ValueError('no such model')")
    model = local_sagemaker.train(tmp_path, channels={})
    with pytest.raises(Failed, match="(?s)did not pass the ping health check.*no such model"):
        with local_sagemaker.deploy(model):
            pass
    assert local_sagemaker.client("sagemaker").list_models()["Models"] == []
"""


def run(folder: Path, tests: str) -> str:
    """Run tests with the plugin in a folder, under variables that point to AWS; return what pytest prints."""
    (folder / "test_theirs.py").write_text(tests)
    astray = {"AWS_PROFILE": "production", "AWS_ENDPOINT_URL_S3": "http://[::1]:9"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "local_sagemaker.pytest_plugin", "test_theirs.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | astray,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    return done.stdout


def test_a_session_has_a_server_of_its_own_a_test_may_have_an_empty_one_and_failures_say_why(tmp_path: Path) -> None:
    assert "7 passed" in (printed := run(tmp_path, SESSION + FAILING)), printed
