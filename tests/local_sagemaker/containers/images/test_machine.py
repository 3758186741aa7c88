"""What images need of the machine: found, or named with what installs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_sagemaker.containers.images.catalogue import shipped_images
from local_sagemaker.containers.images.image import Image
from local_sagemaker.containers.images.machine import missing_programs, variables
from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.processing.requests import check_processing

SPARK = "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.0"
HINT = "apt-get install openjdk-17-jre-headless"
IMAGE = Image(repository="empty", machine={"java": HINT})


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "bin"
    folder.mkdir(parents=True)
    return folder


def put_java(folder: Path, status: int) -> None:
    (folder / "java").write_text(f"#!/bin/sh\nexit {status}\n")
    (folder / "java").chmod(0o700)


def test_what_is_on_path_or_in_java_home_is_there(programs: Path) -> None:
    put_java(programs, 0)
    assert missing_programs(IMAGE, {"PATH": str(programs)}) is None
    assert missing_programs(IMAGE, {"PATH": "", "JAVA_HOME": str(programs.parent)}) is None


def test_what_is_missing_is_said_with_what_installs_it(programs: Path) -> None:
    assert HINT in str(missing_programs(IMAGE, {"PATH": str(programs)}))
    put_java(programs, 1)  # as macOS has one that only says where to get it
    assert HINT in str(missing_programs(IMAGE, {"PATH": str(programs)}))


def test_an_image_that_needs_nothing_lacks_nothing() -> None:
    assert missing_programs(Image(repository="empty"), {"PATH": ""}) is None


def test_java_home_reaches_containers_of_images_that_need_java() -> None:
    assert variables(IMAGE, {"JAVA_HOME": "/java"}) == {"JAVA_HOME": "/java"}
    assert variables(Image(repository="empty"), {"JAVA_HOME": "/java"}) == {}


def test_a_job_on_spark_is_refused_where_there_is_no_java(monkeypatch: pytest.MonkeyPatch, programs: Path) -> None:
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    request = {
        "AppSpecification": {"ImageUri": SPARK},
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1}},
    }
    with pytest.raises(AwsError, match=r"needs java.*apt-get install openjdk-17-jre-headless"):
        check_processing(request)
    put_java(programs, 0)
    check_processing(request)


def test_both_images_of_spark_say_what_installs_java() -> None:
    images = [image for image in shipped_images() if image.repository == "sagemaker-spark-processing"]
    assert len(images) == 2
    assert all(HINT in image.machine["java"] for image in images)
