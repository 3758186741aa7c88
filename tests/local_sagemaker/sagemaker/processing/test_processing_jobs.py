"""Processing jobs: what a script gets, what becomes of what it leaves, and how a job ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.containers.source.test_requirements import NAME, write_wheel
from tests.local_sagemaker.marks import own_opt_ml
from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, Cloud, processing_input, processing_output
from tests.local_sagemaker.sagemaker.processes import until

GROUP = "/aws/sagemaker/ProcessingJobs"
MAPPED = ("--base", "/opt/ml", "--out", "/opt/ml/processing/out")
"""Paths as arguments, which are found with and without mount namespaces."""


def facts_of(cloud: Cloud, name: str) -> Any:
    return json.loads(cloud.get(f"{name}/out/deep/facts.json"))


def message(caught: pytest.ExceptionInfo[ClientError]) -> str:
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_a_script_gets_its_inputs_arguments_and_environment(cloud: Cloud, name: str) -> None:
    cloud.put(f"{name}/data/a.csv", b"1,2\n")
    cloud.put(f"{name}/data/deep/b.csv", b"3,4\n")
    manifest = cloud.put(
        f"{name}/listed.json", json.dumps([{"prefix": f"s3://{BUCKET}/{name}/"}, "data/a.csv"]).encode()
    )
    described = cloud.process(
        name,
        *MAPPED,
        "--alpha",
        "0.5",
        Environment={"VARIABLE": "value"},
        ProcessingInputs=[
            processing_input("data", f"s3://{BUCKET}/{name}/data", LocalPath="/opt/ml/processing/other/../input/data"),
            processing_input("listed", manifest, S3DataType="ManifestFile"),
        ],
    )
    assert described["ProcessingJobStatus"] == "Completed", described.get("FailureReason")
    facts = facts_of(cloud, name)
    assert facts["arguments"] == ["--alpha", "0.5"]
    assert facts["variable"] == "value"
    del facts["files"]["code/process.py"]
    assert facts["files"] == {"data/a.csv": "1,2\n", "data/deep/b.csv": "3,4\n", "listed/data/a.csv": "1,2\n"}
    assert facts["out"], "the folder of an output is there before the script"
    assert facts["relative"], "the working directory is the container's root"
    assert cloud.log_lines(GROUP, f"{name}/algo-1-") == ["saved"]


@own_opt_ml
def test_a_script_with_literal_paths_runs_as_it_is_and_its_root_is_its_own(cloud: Cloud, name: str) -> None:
    assert cloud.process(name)["ProcessingJobStatus"] == "Completed", cloud.log_lines(GROUP, name)
    assert facts_of(cloud, name)["directory"] == "/"
    assert not Path("/here.txt").exists()


def test_without_namespaces_the_reason_says_what_the_script_misses(
    own_state: StateDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGEMAKER_LOCAL_NAMESPACES", "off")
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert cloud.process("mapped", *MAPPED)["ProcessingJobStatus"] == "Completed"
        described = cloud.process("literal", application={"ContainerEntrypoint": ["sh", "-c", _LOOK]})
        assert described["ProcessingJobStatus"] == "Failed"
        assert "SAGEMAKER_LOCAL_NAMESPACES is off" in described["FailureReason"]


_LOOK = "python3 -c 'import base64; exec(base64.b64decode(\"b3BlbigiL29wdC9tbC9uby9tb3JlIik=\"))'"
"""Opens /opt/ml/no/more, whose name nobody sees from outside."""


@own_opt_ml
def test_an_isolated_job_reaches_no_network(cloud: Cloud, name: str) -> None:
    reach = "import os, urllib.request as r; print(r.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/tests').status)"
    application = {"ContainerEntrypoint": ["python3", "-c", reach]}
    assert cloud.process(f"{name}-open", application=application)["ProcessingJobStatus"] == "Completed"
    isolated = cloud.process(name, application=application, NetworkConfig={"EnableNetworkIsolation": True})
    assert isolated["ProcessingJobStatus"] == "Failed"
    assert any("Connection refused" in line for line in cloud.log_lines(GROUP, name))


def test_the_configuration_is_what_aws_writes(cloud: Cloud, name: str) -> None:
    described = cloud.process(name, *MAPPED, Environment={"VARIABLE": "value"}, Tags=[{"Key": "k", "Value": "v"}])
    facts = facts_of(cloud, name)
    configuration = facts["configuration"]
    assert configuration["ProcessingJobArn"] == described["ProcessingJobArn"]
    for member in ("ProcessingJobName", "AppSpecification", "Environment", "ProcessingResources", "RoleArn"):
        assert configuration[member] == described[member]
    assert "Tags" not in configuration
    assert facts["resources"]["current_host"] == "algo-1"
    assert facts["resources"]["hosts"] == ["algo-1"]


def test_a_completed_job_is_described_as_aws_describes_it(cloud: Cloud, name: str) -> None:
    described = cloud.process(name, *MAPPED, ExperimentConfig={"ExperimentName": "e", "TrialName": "t"})
    assert described["ProcessingJobArn"].endswith(f":processing-job/{name}")
    assert described["CreationTime"] <= described["ProcessingStartTime"] <= described["ProcessingEndTime"]
    assert described["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert described["ExperimentConfig"] == {"ExperimentName": "e", "TrialName": "t"}
    [code] = described["ProcessingInputs"]
    assert code["AppManaged"] is False
    assert code["S3Input"]["S3DataDistributionType"] == "FullyReplicated"
    assert "FailureReason" not in described
    assert "ExitMessage" not in described
    [listed] = cloud.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert listed["ProcessingJobStatus"] == "Completed"
    assert listed["ProcessingEndTime"] == described["ProcessingEndTime"]


def test_a_script_that_fails_says_why_and_leaves_no_output(cloud: Cloud, name: str) -> None:
    described = cloud.process(name, *MAPPED, "--task", "fail")
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"] == "AlgorithmError: column 3 is empty: fill it, exit code: 3"
    assert described["ExitMessage"] == "column 3 is empty: fill it"
    assert cloud.keys(f"{name}/out") == []
    assert cloud.log_lines(GROUP, name) == ["this goes wrong"]


@pytest.mark.parametrize(
    ("entrypoint", "code", "said"),
    [
        (["no-such-program"], 127, "cannot start no-such-program"),
        (["python3", "/opt/ml/processing/input/code/missing.py"], 2, "missing.py"),
        (["/bin/bash", "/opt/ml/processing/input/code/missing.sh"], 127, "missing.sh"),
    ],
)
def test_an_entry_point_that_is_not_there_fails(
    cloud: Cloud, name: str, entrypoint: list[str], code: int, said: str
) -> None:
    described = cloud.process(name, application={"ContainerEntrypoint": entrypoint})
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"] == f"AlgorithmError: , exit code: {code}"
    assert any(said in line for line in cloud.log_lines(GROUP, name))


def test_python_is_the_images_in_a_shell_script_too(cloud: Cloud, name: str) -> None:
    script = "\n".join(
        [
            "set -e",
            "python3 -c 'import sklearn; print(sklearn.__name__)'",
            "python -c 'import sys; print(sys.prefix != sys.base_prefix)'",
            "python -m pip --version | cut -d ' ' -f 1",
            "which python3 pip | xargs -n 1 dirname | uniq | wc -l | tr -d ' '",
        ]
    )
    uri = cloud.put(f"{name}/runproc.sh", script.encode())
    described = cloud.process(
        name,
        application={"ContainerEntrypoint": ["/bin/bash", "/opt/ml/processing/input/entrypoint/runproc.sh"]},
        ProcessingInputs=[processing_input("entrypoint", uri)],
    )
    assert described["ProcessingJobStatus"] == "Completed", cloud.log_lines(GROUP, name)
    assert cloud.log_lines(GROUP, name) == ["sklearn", "True", "pip", "1"]


def test_what_a_script_installs_is_its_containers_alone(cloud: Cloud, name: str, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "installed")
    cloud.put(f"{name}/src/{wheel.name}", wheel.read_bytes())
    install = f"python3 -m pip install -q --no-index --no-deps /opt/ml/processing/input/src/{wheel.name}"
    said = f"python3 -c 'import {NAME}, sklearn; print({NAME}.TEXT)'"
    described = cloud.process(
        name,
        application={"ContainerEntrypoint": ["bash", "-c"], "ContainerArguments": [f"{install} && {said}"]},
        ProcessingInputs=[processing_input("src", f"s3://{BUCKET}/{name}/src")],
    )
    assert described["ProcessingJobStatus"] == "Completed", cloud.log_lines(GROUP, name)
    assert cloud.log_lines(GROUP, name)[-1] == "installed"
    application = {"ContainerEntrypoint": ["python3", "-c", f"import {NAME}"]}
    assert cloud.process(f"{name}-again", application=application)["ProcessingJobStatus"] == "Failed"


def test_a_stopped_job_gets_sigterm_and_has_no_reason(cloud: Cloud, name: str) -> None:
    cloud.start_processing(name, *MAPPED, "--task", "wait")
    until(lambda: cloud.log_lines(GROUP, name) == ["waiting"])
    cloud.sagemaker.stop_processing_job(ProcessingJobName=name)
    described = cloud.processed(name)
    assert described["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in described
    assert cloud.keys(f"{name}/out") == [], "EndOfJob is of jobs that complete"
    with pytest.raises(ClientError, match="is in status Stopped"):
        cloud.sagemaker.stop_processing_job(ProcessingJobName=name)


def test_a_job_that_runs_too_long_is_stopped(cloud: Cloud, name: str) -> None:
    described = cloud.process(name, *MAPPED, "--task", "wait", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert described["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeExceeded" in described["FailureReason"]


def test_a_continuous_output_is_uploaded_while_the_script_runs(cloud: Cloud, name: str) -> None:
    output = processing_output("out", f"s3://{BUCKET}/{name}/out", S3UploadMode="Continuous")
    cloud.start_processing(name, *MAPPED, "--task", "wait", ProcessingOutputConfig={"Outputs": [output]})
    until(lambda: cloud.keys(f"{name}/out/") == ["first.txt"])
    assert cloud.sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "InProgress"
    cloud.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert cloud.processed(name)["ProcessingJobStatus"] == "Stopped"


def test_the_last_file_of_a_continuous_output_is_uploaded_however_the_job_ends(cloud: Cloud, name: str) -> None:
    output = processing_output("out", f"s3://{BUCKET}/{name}/out", S3UploadMode="Continuous")
    described = cloud.process(name, *MAPPED, "--task", "fail", ProcessingOutputConfig={"Outputs": [output]})
    assert described["ProcessingJobStatus"] == "Failed"
    assert cloud.keys(f"{name}/out/") == ["partial.txt"]


@pytest.mark.parametrize(
    ("times", "read"),
    [(1, "aü"), (1000, "aü" * 341 + "a")],
)
def test_the_exit_message_is_the_first_kilobyte(cloud: Cloud, name: str, times: int, read: str) -> None:
    described = cloud.process(name, *MAPPED, "--task", "message", "--times", str(times), "aü".encode().hex())
    assert (described["ProcessingJobStatus"], described["ExitMessage"]) == ("Completed", read)


def test_an_exit_message_that_is_no_text_fails_the_job(cloud: Cloud, name: str) -> None:
    described = cloud.process(name, *MAPPED, "--task", "message", b"\xff\xfe".hex())
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: /opt/ml/output/message is not UTF-8")


def test_an_input_without_objects_fails_the_job(cloud: Cloud, name: str) -> None:
    described = cloud.process(name, ProcessingInputs=[processing_input("data", f"s3://{BUCKET}/{name}/nothing/")])
    assert described["ProcessingJobStatus"] == "Failed"
    assert f'No S3 objects found under S3 URL "s3://{BUCKET}/{name}/nothing/"' in described["FailureReason"]


def test_an_output_whose_bucket_is_not_there_fails_the_job(cloud: Cloud, name: str) -> None:
    output = processing_output("out", "s3://no-such-bucket-here/out")
    described = cloud.process(name, *MAPPED, ProcessingOutputConfig={"Outputs": [output]})
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: Output upload failed:")


_CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
_MANAGED = {**processing_input("x", "s3://b/x"), "AppManaged": True}
_ATHENA = {"Catalog": "c", "Database": "d", "QueryString": "q", "OutputS3Uri": "s3://b/o", "OutputFormat": "PARQUET"}
_DATA_SET = {
    "InputName": "x",
    "DatasetDefinition": {"AthenaDatasetDefinition": _ATHENA, "LocalPath": "/opt/ml/processing/x"},
}
_FEATURES = {"OutputName": "x", "FeatureStoreOutput": {"FeatureGroupName": "f"}}


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"ProcessingResources": {"ClusterConfig": _CLUSTER}}, "InstanceCount=2"),
        ({"ProcessingInputs": [_MANAGED]}, "ProcessingInputs.AppManaged=True"),
        ({"ProcessingInputs": [_DATA_SET]}, "ProcessingInputs.DatasetDefinition"),
        ({"ProcessingInputs": [processing_input("x", "s3://b/x", S3InputMode="Pipe")]}, "S3InputMode=Pipe"),
        ({"ProcessingInputs": [processing_input("x", "s3://b/x", S3CompressionType="Gzip")]}, "S3CompressionType=Gzip"),
        ({"ProcessingInputs": [processing_input("x", "s3://b/x", LocalPath="/data")]}, "must begin with /opt/ml/proc"),
        ({"ProcessingInputs": [processing_input("code", "s3://b/x")]}, "InputName must be unique"),
        ({"ProcessingOutputConfig": {"Outputs": [_FEATURES]}}, "FeatureStoreOutput"),
        (
            {"application": {"ImageUri": "somebody/else:1", "ContainerEntrypoint": ["true"]}},
            "no image somebody/else",
        ),
        ({"application": {"ImageUri": IMAGE}}, "ContainerEntrypoint"),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(
    cloud: Cloud, name: str, request_: dict[str, Any], named: str
) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.start_processing(name, **request_)
    assert named in message(caught)


def test_a_name_is_given_once_and_free_when_its_job_is_deleted(cloud: Cloud, name: str) -> None:
    cloud.process(name, *MAPPED)
    with pytest.raises(ClientError) as caught:
        cloud.start_processing(name, *MAPPED)
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    cloud.sagemaker.delete_processing_job(ProcessingJobName=name)
    with pytest.raises(ClientError, match="Could not find processing job"):
        cloud.sagemaker.describe_processing_job(ProcessingJobName=name)
    assert cloud.process(name, *MAPPED)["ProcessingJobStatus"] == "Completed"
