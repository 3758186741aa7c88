"""EnableNetworkIsolation: a container reaches nobody, and is reached by the server alone."""

from __future__ import annotations

import json

import pytest

from local_sagemaker.containers import namespaces
from local_sagemaker.daemon import client_environment, ensure_running
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.marks import own_opt_ml
from tests.local_sagemaker.sagemaker.cloud import IMAGE, ROLE, Cloud, archive
from tests.local_sagemaker.sagemaker.test_own_opt_ml import GROUP, channel

LOOKS = """
import os, socket
from urllib.parse import urlsplit

def reached():
    server = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    seen = {}
    with socket.create_server(("127.0.0.1", 0)) as own:
        for name, address in {"server": (server.hostname, server.port), "loopback": own.getsockname()}.items():
            try:
                socket.create_connection(address, timeout=10).close()
                seen[name] = True
            except OSError:
                seen[name] = False
    return seen
"""

HANDLERS = """
import json, looks
def model_fn(model_dir): return model_dir
def transform_fn(model, body, content_type, accept): return json.dumps(looks.reached()), accept
"""


def served(cloud: Cloud, name: str, isolated: bool) -> dict[str, bool]:
    files = {"code/inference.py": HANDLERS.encode(), "code/looks.py": LOOKS.encode()}
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    model = cloud.put(f"{name}/model.tar.gz", archive(files))
    cloud.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        EnableNetworkIsolation=isolated,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": model, "Environment": environment},
    )
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=cloud.config(name, name))
    cloud.wait_in_service(name)
    seen: dict[str, bool] = json.loads(cloud.invoke(name, b"x"))
    cloud.delete_endpoint(name)
    return seen


def trained(cloud: Cloud, name: str) -> None:
    code = archive({"train.py": b"import json, looks; print(json.dumps(looks.reached()))", "looks.py": LOOKS.encode()})
    uri = cloud.put(f"{name}/code/sourcedir.tar.gz", code)
    job = cloud.train(
        name,
        EnableNetworkIsolation=True,
        InputDataConfig=[channel("code", uri)],
        HyperParameters={"sagemaker_submit_directory": '"/opt/ml/input/data/code/sourcedir.tar.gz"'},
    )
    assert job["TrainingJobStatus"] == "Completed", job


@own_opt_ml
def test_an_isolated_model_answers_and_reaches_nobody(cloud: Cloud, name: str) -> None:
    assert served(cloud, name, isolated=True) == {"server": False, "loopback": True}


def test_a_model_that_is_not_isolated_reaches_the_server(cloud: Cloud, name: str) -> None:
    assert served(cloud, name, isolated=False) == {"server": True, "loopback": True}


@own_opt_ml
def test_an_isolated_script_reaches_nobody(cloud: Cloud, name: str) -> None:
    trained(cloud, name)
    assert '{"server": false, "loopback": true}' in cloud.log_lines(GROUP, name)


def test_where_there_are_no_namespaces_the_log_says_that_isolation_has_no_effect(
    own_state: StateDirectory, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(namespaces.VARIABLE, "off")
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        trained(cloud, name)
        said = cloud.log_lines(GROUP, name)
    assert any(line.startswith("WARNING: EnableNetworkIsolation has no effect") for line in said)
    assert '{"server": true, "loopback": true}' in said
