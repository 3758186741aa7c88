"""Code that spells out /opt/ml, trained and served as it is; and what is said where there is no /opt/ml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.containers import namespaces
from local_sagemaker.daemon import client_environment, ensure_running
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.containers.serving_containers import eventually
from tests.local_sagemaker.marks import own_opt_ml
from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, Cloud, archive, source_files

GROUP = "/aws/sagemaker/TrainingJobs"

TEXTS = """\
the goalie saved the shot,sport
striker scores a late goal,sport
orbit of the moon,space
rocket to orbit,space
"""


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def started(cloud: Cloud, name: str) -> None:
    cloud.put(f"{name}/data/train.csv", TEXTS.encode())
    data = [channel("train", f"s3://{BUCKET}/{name}/data/")]
    cloud.start_training(name, "literal", InputDataConfig=data, HyperParameters={"alpha": "0.01"})


@own_opt_ml
def test_scripts_and_handlers_with_literal_paths_run_as_they_are(cloud: Cloud, name: str) -> None:
    started(cloud, name)
    job = cloud.trained(name)
    assert job["TrainingJobStatus"] == "Completed", job
    assert "wrote ['label_json.json', 'tf_idf_vocab.pkl']" in cloud.log_lines(GROUP, name)
    code = cloud.put(f"{name}/sourcedir.tar.gz", archive(source_files("literal")))
    container = {
        "Image": IMAGE,
        "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": code,
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        },
    }
    cloud.endpoint(name, container)
    answer = cloud.invoke(name, b"a goal for the striker\nthe moon in orbit\n", ContentType="text/csv")
    assert json.loads(answer) == ["sport", "space"]
    cloud.delete_endpoint(name)


@pytest.fixture
def cloud_without_opt_ml(own_state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A server whose containers have no /opt/ml, on a machine that has none either."""
    if Path("/opt/ml").exists():
        pytest.skip("this machine has an /opt/ml for everybody")
    monkeypatch.setenv(namespaces.VARIABLE, "off")
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        yield cloud


def assert_explained(reason: str) -> None:
    assert "There is no /opt/ml on this machine" in reason
    assert f"{namespaces.VARIABLE} is off" in reason
    assert "SM_MODEL_DIR" in reason


def test_where_there_is_no_opt_ml_every_failure_says_so_and_what_to_do(cloud_without_opt_ml: Cloud, name: str) -> None:
    cloud = cloud_without_opt_ml
    started(cloud, name)
    reason = cloud.trained(name)["FailureReason"]
    assert reason.startswith("AlgorithmError: ExecuteUserScriptError:")
    assert_explained(reason)

    model = cloud.model(name, cloud.container("literal"))
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=cloud.config(name, model))
    assert eventually(lambda: endpoint(cloud, name)["EndpointStatus"] == "Failed", 60)
    assert_explained(endpoint(cloud, name)["FailureReason"])

    reads = {"ContainerEntrypoint": ["/bin/sh", "-c", "cat $0/ml/input/a.csv", "/opt"]}
    assert_explained(cloud.process(name, application=reads)["FailureReason"])


def endpoint(cloud: Cloud, name: str) -> dict[str, Any]:
    return dict(cloud.sagemaker.describe_endpoint(EndpointName=name))
