"""What a target does to the environment that boto3 reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.aws.target import AWS, use_aws, use_local
from pipeline.errors import BadInput


@pytest.fixture(autouse=True)
def _restored_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


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


@pytest.mark.parametrize("service", ["S3", "SAGEMAKER", "SAGEMAKER_RUNTIME", "CLOUDWATCH_LOGS", "STS", "DYNAMODB"])
def test_aws_with_a_services_endpoint_url_set_is_refused(service: str) -> None:
    os.environ[f"AWS_ENDPOINT_URL_{service}"] = "http://127.0.0.1:1"
    with pytest.raises(BadInput, match=f"unset AWS_ENDPOINT_URL_{service}"):
        use_aws()


REDIRECTED = "[services here]\nsagemaker_runtime =\n  endpoint_url = http://127.0.0.1:1\n"


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ("[default]\nendpoint_url = http://127.0.0.1:1\n", "the profile"),
        ("[default]\nservices = here\n" + REDIRECTED, "sagemaker_runtime in its services"),
        ("[profile other]\nendpoint_url = http://127.0.0.1:1\n", None),
        ("[default]\nservices = here\n[services here]\ndynamodb =\n  endpoint_url = http://127.0.0.1:1\n", None),
        (REDIRECTED, None),
        ("[default]\nignore_configured_endpoint_urls = true\nendpoint_url = http://127.0.0.1:1\n", None),
        ("", None),
    ],
)
def test_aws_with_a_configuration_that_points_elsewhere_is_refused(
    tmp_path: Path, config: str, where: str | None
) -> None:
    path = tmp_path / "config"
    path.write_text(config)
    os.environ["AWS_CONFIG_FILE"] = str(path)
    if where is None:
        assert use_aws() is AWS
        return
    with pytest.raises(BadInput, match=f"endpoint_url = http://127.0.0.1:1 of {where}"):
        use_aws()
