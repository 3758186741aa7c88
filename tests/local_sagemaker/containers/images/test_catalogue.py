"""Which images there are, and which one a request's URI names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local_sagemaker.containers.images import catalogue
from local_sagemaker.containers.images.catalogue import UnsupportedImage, find
from local_sagemaker.containers.images.image import BadImageFile, read_image

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost"
BASE_PYTHON = "081325390199.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python"
SPARK = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own images."""
    monkeypatch.setenv(catalogue.DIRECTORIES_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        (f"{SCIKIT_LEARN}:1.9-0-cpu-py3", "sagemaker-scikit-learn:1.9-0"),
        (f"{SCIKIT_LEARN}:1.2-1-cpu-py3", "sagemaker-scikit-learn:1.2-1"),
        (f"{SCIKIT_LEARN}:1.4-2", "sagemaker-scikit-learn:1.4-2"),
        (f"{SCIKIT_LEARN}:1.0-1-cpu-py3", "sagemaker-scikit-learn:1.0-1"),
        (f"{SCIKIT_LEARN}:0.23-1-cpu-py3", "sagemaker-scikit-learn:0.23-1"),
        (f"{SCIKIT_LEARN}:0.20.0-cpu-py3", "sagemaker-scikit-learn:0.20.0"),
        (f"{XGBOOST}:3.0-5", "sagemaker-xgboost:3.0-5"),
        (f"{SPARK}:3.5-cpu-py312-v1.0", "sagemaker-spark-processing:3.5-cpu-py312"),
        (f"{SPARK}:3.5-cpu-py39-v1.2", "sagemaker-spark-processing:3.5-cpu-py39"),
        (f"{SPARK}:3.5-cpu", "sagemaker-spark-processing:3.5-cpu-py39"),
        (f"{BASE_PYTHON}-310:1.0", "sagemaker-base-python-310:1.0"),
        (f"{BASE_PYTHON}-38:1.0", "sagemaker-base-python-38:1.0"),
        (
            "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
            "sagemaker-scikit-learn:1.9-0",
        ),
        (
            "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:1.9-0-cpu-py3",
            "sagemaker-scikit-learn:1.9-0",
        ),
    ],
)
def test_what_the_sdk_gives_is_found(uri: str, name: str) -> None:
    found = find(uri)
    assert found.image.name == name
    assert found.is_that_version


@pytest.mark.parametrize(
    ("uri", "name", "asked"),
    [
        (f"{SCIKIT_LEARN}:0.24-1", "sagemaker-scikit-learn:1.9-0", "0.24-1"),
        (f"{XGBOOST}:1.7-1", "sagemaker-xgboost:3.0-5", "1.7-1"),
        (f"{REGISTRY}/xgboost:latest", "sagemaker-xgboost:3.0-5", "xgboost:latest"),
        (f"{SPARK}:3.3-cpu-py39-v1.1", "sagemaker-spark-processing:3.5-cpu-py312", "3.3"),
    ],
)
def test_another_version_is_stood_in_for_by_one_that_says_so(uri: str, name: str, asked: str) -> None:
    found = find(uri)
    assert found.image.name == name
    assert found.asked == asked
    assert not found.is_that_version


@pytest.mark.parametrize(
    "image",
    [
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6",
        "sagemaker-scikit-learn:1.9-0",
        "evil.example/sagemaker-scikit-learn:1.9-0",
        f"{SCIKIT_LEARN}",
        f"{SCIKIT_LEARN}-more:1.9-0",
        "",
    ],
)
def test_another_image_is_refused_by_name(image: str) -> None:
    with pytest.raises(UnsupportedImage, match=r"has no image .* its catalogue holds") as refused:
        find(image)
    assert image in str(refused.value)


@pytest.mark.parametrize("uri", [f"{REGISTRY}/trees:latest", "trees", "trees:latest", "example.org/team/trees"])
def test_the_users_own_image_is_found_by_its_name(own: Path, uri: str) -> None:
    (own / "trees.toml").write_text('repository = "trees"\n')
    assert find(uri).image.file == own / "trees.toml"


def test_the_users_own_file_goes_before_a_shipped_one(own: Path) -> None:
    (own / "old.toml").write_text('repository = "sagemaker-scikit-learn"\nversion = "0.23-1"\npython = "3.7"\n')
    assert find(f"{SCIKIT_LEARN}:0.23-1-cpu-py3").image.python == "3.7"
    assert find(f"{SCIKIT_LEARN}:1.2-1-cpu-py3").image.python == "3.9"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("repository = ", "Invalid value"),
        ('version = "1"', "repository: Field required"),
        ('repository = "a"\ncolour = "red"', "colour: Unexpected keyword argument"),
        ('repository = "a"\n[training]\ncommand = "train"', "training.command: Input should be a valid tuple"),
        ('repository = "a"\nfolder = "nowhere"', "folder: .*nowhere is not there"),
        ('repository = "a"\nmounted_at = "/usr/program"', "mounted_at: /usr/program is not a folder in /opt"),
        ('repository = "a"\nmounted_at = "/opt/ml"', "mounted_at: /opt/ml is not a folder in /opt"),
    ],
)
def test_a_file_that_describes_no_image_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(BadImageFile, match=complaint) as refused:
        read_image(file)
    assert str(file) in str(refused.value)


def test_every_shipped_image_pins_what_it_publishes() -> None:
    for image in catalogue.shipped_images():
        assert image.python is not None
        assert all("==" in package for package in image.packages), image.name
        if "SAGEMAKER_SERVING_MODULE" in image.environment:
            assert "gunicorn.workers.ggevent" in image.imports
            assert any(requirement.startswith("gunicorn==") for requirement in image.requirements)


def test_the_algorithms_metrics_are_found_in_its_log() -> None:
    definitions = {one["Name"]: one["Regex"] for one in find(f"{XGBOOST}:3.0-5").image.training.metric_definitions}
    line = "[11]#011train-auc:0.90000#011train-rmse:1.5e-05#011validation-auc:0.80000#011validation-rmse:2"
    expected = {"train:auc": "0.90000", "train:rmse": "1.5e-05", "validation:auc": "0.80000", "validation:rmse": "2"}
    found = {name: match[1] for name, regex in definitions.items() if (match := re.search(regex, line))}
    assert found == expected
