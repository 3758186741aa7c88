"""An endpoint whose code is served from a folder while somebody writes there."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, find
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.containers.serving_containers import eventually
from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.test_cli import command


def write(folder: Path, answer: str) -> None:
    handlers = f"def model_fn(d): return d\ndef transform_fn(m, body, c, accept): return {answer}, 'text/plain'\n"
    (folder / "inference.py").write_text(handlers)


def invoked(cloud: Cloud, name: str) -> str:
    try:
        return cloud.invoke(name, b"x").decode()
    except ClientError as error:
        return str(error)


def test_an_endpoint_answers_as_the_folder_says_now(own_state: StateDirectory, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    write(folder, "'one'")
    command(own_state.root, "up", "--reload", f"{name}={folder}")
    server = find(own_state)
    assert server is not None
    with Cloud(client_environment(server)) as cloud:
        cloud.endpoint(name, cloud.container())
        cloud.endpoint(f"{name}-else", cloud.container())
        assert invoked(cloud, name) == "one"
        write(folder, "'two'")
        assert eventually(lambda: invoked(cloud, name) == "two")
        write(folder, "no_such_name + ")
        assert eventually(lambda: "SyntaxError" in invoked(cloud, name)), invoked(cloud, name)
        write(folder, "'three'")
        assert eventually(lambda: invoked(cloud, name) == "three")
        assert invoked(cloud, f"{name}-else") == "x"


@pytest.mark.parametrize("given", ["endpoint", "endpoint=no/such/folder", "=."])
def test_what_is_no_folder_of_an_endpoint_is_refused(tmp_path: Path, given: str) -> None:
    assert "is not ENDPOINT=FOLDER" in command(tmp_path, "up", "--reload", given, code=2).stderr
