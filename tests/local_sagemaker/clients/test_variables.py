"""What `env` adds to a shell's environment."""

from __future__ import annotations

import os

import yaml

from local_sagemaker.clients.variables import SDK_DEFAULTS, START_UP, client_variables

URL = "http://127.0.0.1:1"


def test_what_the_shell_has_on_its_python_path_stays_there_once() -> None:
    once = client_variables(URL, "eu-west-1", {"PYTHONPATH": f"/mine{os.pathsep}/yours"})["PYTHONPATH"]
    assert once == os.pathsep.join([str(START_UP), "/mine", "/yours"])
    assert client_variables(URL, "eu-west-1", {"PYTHONPATH": once})["PYTHONPATH"] == once


def test_a_proxy_is_not_asked_for_what_is_here() -> None:
    variables = client_variables(URL, "eu-west-1", {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "intranet"})
    assert variables["no_proxy"] == variables["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert "no_proxy" not in client_variables(URL, "eu-west-1", {})


def test_the_sdks_are_told_to_send_no_telemetry_unless_an_administrator_has_told_them_something() -> None:
    variable = "SAGEMAKER_ADMIN_CONFIG_OVERRIDE"
    assert client_variables(URL, "eu-west-1", {})[variable] == str(SDK_DEFAULTS)
    assert client_variables(URL, "eu-west-1", {variable: "/etc/theirs.yaml"})[variable] == "/etc/theirs.yaml"
    settings = yaml.safe_load(SDK_DEFAULTS.read_text())
    assert settings["SageMaker"]["PythonSDK"]["Modules"]["TelemetryOptOut"] is True
