"""Python programs in a shell that points at the server, and in a test run: nothing is sent to AWS."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from local_sagemaker.clients.start_up.local_sagemaker_redirection import StoppedByLocalSageMaker, keep_clients_here
from local_sagemaker.clients.variables import START_UP, client_variables
from local_sagemaker.daemon import RunningServer, client_environment

AWS_STS = "https://sts.eu-west-1.amazonaws.com"


def run(program: str, environment: dict[str, str], **more: str) -> str:
    """Run a program in a shell's environment, and return what it prints."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**inherited, **environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


def test_a_url_of_aws_that_is_written_into_the_code_reaches_the_server(server: RunningServer) -> None:
    program = f"""
import boto3
client = boto3.client("sts", region_name="eu-west-1", endpoint_url="{AWS_STS}")
print(client.meta.endpoint_url, client.get_caller_identity()["Account"])
"""
    assert run(program, client_environment(server)) == f"{server.url} 123456789012\n"


@pytest.mark.parametrize(
    "astray",
    [
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_ENDPOINT_URL_STS": AWS_STS},
    ],
    ids=["told to ignore the URL", "service's own URL"],
)
def test_a_variable_that_leads_to_aws_does_not(server: RunningServer, astray: dict[str, str]) -> None:
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    assert run(program, client_environment(server), **astray) == "123456789012\n"


def test_a_url_that_is_not_of_aws_is_left_alone(server: RunningServer) -> None:
    program = "import boto3; print(boto3.client('s3', endpoint_url='http://127.0.0.1:9').meta.endpoint_url)"
    assert run(program, client_environment(server)) == "http://127.0.0.1:9\n"


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"], ids=["directly", "by a proxy"])
def test_a_request_to_aws_is_stopped_and_says_so(server: RunningServer, proxy: str) -> None:
    program = """
import urllib.request
urllib.request.urlopen("https://some-bucket.s3.amazonaws.com/some/key")
"""
    said = run(program, client_environment(server), HTTPS_PROXY=proxy)
    assert "StoppedByLocalSageMaker: some-bucket.s3.amazonaws.com is a host of AWS" in said
    assert server.url in said


def test_the_start_up_file_that_ours_hides_still_runs(server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.theirs = 'ran'")
    environment = client_environment(server)
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}{os.pathsep}{tmp_path}"
    assert run("import sys; print(sys.theirs)", environment) == "ran\n"


def test_a_program_that_speaks_to_nobody_loads_nothing_more(server: RunningServer) -> None:
    program = "import sys; print(len(sys.modules.keys() & {'socket', 'http.client', 'botocore', 'urllib', 'typing'}))"
    bare = {name: value for name, value in client_environment(server).items() if name != "PYTHONPATH"}
    assert run(program, client_environment(server)) == run(program, bare)


def test_where_no_local_server_is_named_nothing_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = client_variables("https://sagemaker.eu-west-1.amazonaws.com", "eu-west-1", {})
    program = f"import boto3; print(boto3.client('sts', endpoint_url='{AWS_STS}').meta.endpoint_url)"
    assert variables["PYTHONPATH"] == str(START_UP)
    assert run(program, variables) == f"{AWS_STS}\n"


def test_a_process_can_be_kept_here_for_a_while(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    before = (socket.getaddrinfo, http.client.HTTPConnection.set_tunnel)
    let_go = keep_clients_here()
    try:
        assert boto3.client("sts", region_name="eu-west-1", endpoint_url=AWS_STS).meta.endpoint_url == server.url
        with pytest.raises(StoppedByLocalSageMaker):
            socket.create_connection(("s3.amazonaws.com", 443), timeout=1)
    finally:
        let_go()
    assert (socket.getaddrinfo, http.client.HTTPConnection.set_tunnel) == before
    assert boto3.client("sts", region_name="eu-west-1", endpoint_url=AWS_STS).meta.endpoint_url == AWS_STS
