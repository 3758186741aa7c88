"""Which images are served."""

from __future__ import annotations

import pytest
from local_sagemaker.containers.image import UnsupportedImage, check

REPOSITORY = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn"


@pytest.mark.parametrize(
    "image",
    [
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
        "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
        "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:1.9-0-cpu-py3",
    ],
)
def test_what_the_sdk_gives_is_served(image: str) -> None:
    assert check(image) is None


@pytest.mark.parametrize("tag", ["1.9-0", "1.9-0-cpu-py3"])
def test_the_current_version_is_served_without_a_word(tag: str) -> None:
    assert check(f"{REPOSITORY}:{tag}") is None


@pytest.mark.parametrize(("tag", "version"), [("1.2-1-cpu-py3", "1.2-1"), ("0.23-1", "0.23-1")])
def test_another_version_is_a_warning(tag: str, version: str) -> None:
    warning = check(f"{REPOSITORY}:{tag}")
    assert warning is not None
    assert f"not as {version}" in warning


@pytest.mark.parametrize(
    "image",
    [
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6",
        "sagemaker-scikit-learn:1.9-0",
        "evil.example/sagemaker-scikit-learn:1.9-0",
        f"{REPOSITORY}",
        f"{REPOSITORY}-more:1.9-0",
        "",
    ],
)
def test_another_image_is_refused_by_name(image: str) -> None:
    with pytest.raises(UnsupportedImage, match="scikit-learn image only") as refused:
        check(image)
    assert image in str(refused.value)
