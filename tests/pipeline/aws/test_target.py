"""What a target does to the environment that boto3 reads."""

from __future__ import annotations

import os

import pytest

from pipeline.aws.target import use_aws, use_local
from pipeline.errors import BadInput


@pytest.fixture(autouse=True)
def _restored_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_local_leaves_nothing_of_the_users_account() -> None:
    os.environ |= {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t", "AWS_ENDPOINT_URL_S3": "https://elsewhere.example"}
    use_local({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "local"})
    left = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert left["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert left["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & left.keys()


def test_aws_with_an_endpoint_url_set_is_refused() -> None:
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    with pytest.raises(BadInput, match="unset AWS_ENDPOINT_URL"):
        use_aws()
