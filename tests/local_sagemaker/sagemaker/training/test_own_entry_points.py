"""Training jobs that bring their command with them, in the shape in which the SageMaker SDK v3 sends them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.containers.source.test_requirements import NAME, write_wheel
from tests.local_sagemaker.marks import own_opt_ml
from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, Cloud
from tests.local_sagemaker.sagemaker.test_own_opt_ml import channel

GROUP = "/aws/sagemaker/TrainingJobs"

DRIVER = """#!/bin/bash
set -e
trap 'echo "the driver failed" >> /opt/ml/output/failure; exit 3' ERR
SM_PYTHON_CMD=$(command -v python3)
SM_PIP_CMD=$(command -v pip3)
test -n "$SM_PIP_CMD"
cat /opt/ml/input/config/resourceconfig.json
cd /opt/ml/input/data/code
if [ -f requirements.txt ]; then $SM_PYTHON_CMD -m pip install -r requirements.txt; fi
$SM_PYTHON_CMD train.py --job "$TRAINING_JOB_NAME" --arn "$TRAINING_JOB_ARN"
"""

TRAIN = """
import json, os, pathlib, sys
inputs = json.load(open("/opt/ml/input/config/inputdataconfig.json"))
seen = {
    "arguments": sys.argv[1:],
    "channels": sorted(os.listdir("/opt/ml/input/data")),
    "hyperparameters": json.load(open("/opt/ml/input/config/hyperparameters.json")),
    "content_types": {name: of.get("ContentType") for name, of in inputs.items()},
    "toolkit": sorted(name for name in os.environ if name.startswith("SM_CHANNEL")),
    "directory": os.getcwd(),
}
pathlib.Path("/opt/ml/model/seen.json").write_text(json.dumps(seen))
pathlib.Path("/opt/ml/output/data/report.txt").write_text("fine")
"""

ENTRY_POINT = ["/bin/bash"]
ARGUMENTS = ["-c", "chmod +x /opt/ml/input/data/sm_drivers/sm_train.sh && /opt/ml/input/data/sm_drivers/sm_train.sh"]


def request(cloud: Cloud, name: str, files: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    """Make a job as `ModelTrainer` makes it: code and driver are channels, the driver is the command."""
    for path, content in {"sm_drivers/sm_train.sh": DRIVER.encode(), "data/a.csv": b"1,2\n", **files}.items():
        cloud.put(f"{name}/input/{path}", content)
    places = {place: f"s3://{BUCKET}/{name}/input/{place}/" for place in ("code", "sm_drivers")}
    return {
        "TrainingJobName": name,
        "RoleArn": "arn:aws:iam::123456789012:role/local-sagemaker",
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ENTRY_POINT,
            "ContainerArguments": ARGUMENTS,
        },
        "InputDataConfig": [
            {**channel("train", f"s3://{BUCKET}/{name}/input/data/"), "ContentType": "text/csv"},
            *(channel(place, uri) for place, uri in places.items()),
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/jobs/", "CompressionType": "GZIP"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
            "KeepAlivePeriodInSeconds": 600,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "HyperParameters": {"alpha": "0.5"},
        **changes,
    }


def run(cloud: Cloud, name: str, files: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    cloud.sagemaker.create_training_job(**request(cloud, name, files, **changes))
    return cloud.trained(name)


def files_of(cloud: Cloud, key: str) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(cloud.get(key))) as packed:
        found = {member.name: packed.extractfile(member) for member in packed.getmembers() if member.isfile()}
        return {name: file.read() for name, file in found.items() if file}


@own_opt_ml
def test_the_driver_of_the_code_channels_runs_as_it_is(cloud: Cloud, name: str) -> None:
    job = run(cloud, name, {"code/train.py": TRAIN.encode()})
    assert job["TrainingJobStatus"] == "Completed", (job, cloud.log_lines(GROUP, name))
    assert json.loads(files_of(cloud, f"jobs/{name}/output/model.tar.gz")["seen.json"]) == {
        "arguments": ["--job", name, "--arn", job["TrainingJobArn"]],
        "channels": ["code", "sm_drivers", "train"],
        "hyperparameters": {"alpha": "0.5"},
        "content_types": {"train": "text/csv", "code": None, "sm_drivers": None},
        "toolkit": [],
        "directory": "/opt/ml/input/data/code",
    }
    assert files_of(cloud, f"jobs/{name}/output/output.tar.gz") == {"report.txt": b"fine"}
    assert job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert job["AlgorithmSpecification"]["ContainerEntrypoint"] == ENTRY_POINT


@own_opt_ml
def test_a_drivers_failure_file_and_exit_code_are_the_reason(cloud: Cloud, name: str) -> None:
    job = run(cloud, name, {"code/train.py": b"raise SystemExit(7)"})
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the driver failed, exit code: 3"


@own_opt_ml
def test_what_a_driver_installs_is_the_containers_own(cloud: Cloud, name: str, tmp_path: Any) -> None:
    wheel = write_wheel(tmp_path)
    files = {
        "code/requirements.txt": f"--no-index\n--find-links .\n{NAME}==1.0\n".encode(),
        f"code/{wheel.name}": wheel.read_bytes(),
        "code/train.py": f"import {NAME}; open('/opt/ml/model/text', 'w').write({NAME}.TEXT)".encode(),
    }
    job = run(cloud, name, files)
    assert job["TrainingJobStatus"] == "Completed", cloud.log_lines(GROUP, name)
    assert files_of(cloud, f"jobs/{name}/output/model.tar.gz") == {"text": b"hello"}
    with pytest.raises(ImportError):
        __import__(NAME)
    job = run(cloud, f"{name}-next", {"code/train.py": f"import {NAME}".encode()})
    assert job["TrainingJobStatus"] == "Failed"


def test_a_command_without_paths_runs_anywhere(cloud: Cloud, name: str) -> None:
    command = {"TrainingImage": IMAGE, "TrainingInputMode": "File", "ContainerEntrypoint": ["/bin/sh", "-c"]}
    words = ['python -c "print(6 * 7)"; echo "code $0" > "$SM_MODEL_DIR/x"; kill -9 $$', "zero"]
    job = run(cloud, name, {"code/x": b"1"}, AlgorithmSpecification={**command, "ContainerArguments": words})
    assert job["FailureReason"] == "AlgorithmError: , exit code: 137"
    assert "42" in cloud.log_lines(GROUP, name)


@own_opt_ml
def test_its_root_is_the_containers_own(cloud: Cloud, name: str) -> None:
    """As for the SDK's remote functions, which unpack their workspace there, each job anew."""
    command = {"TrainingImage": IMAGE, "TrainingInputMode": "File", "ContainerEntrypoint": ["/bin/sh", "-c"]}
    words = ["pwd && mkdir workspace && touch /workspace/here && ls /workspace && cp /etc/hostname workspace/"]
    for job in (name, f"{name}-next"):
        described = run(cloud, job, {"code/x": b"1"}, AlgorithmSpecification={**command, "ContainerArguments": words})
        assert described["TrainingJobStatus"] == "Completed", cloud.log_lines(GROUP, job)
        assert cloud.log_lines(GROUP, job)[-2:] == ["/", "here"]
    assert not Path("/workspace").exists()


def test_a_command_finds_opt_ml_from_its_working_directory(cloud: Cloud, name: str) -> None:
    command = {"TrainingImage": IMAGE, "TrainingInputMode": "File", "ContainerEntrypoint": ["/bin/sh", "-c"]}
    words = ["mkdir workspace && cat opt/ml/input/data/code/x"]
    for job in (name, f"{name}-next"):
        described = run(
            cloud, job, {"code/x": b"found"}, AlgorithmSpecification={**command, "ContainerArguments": words}
        )
        assert described["TrainingJobStatus"] == "Completed", cloud.log_lines(GROUP, job)
        assert cloud.log_lines(GROUP, job)[-1] == "found"


def test_arguments_need_an_entry_point(cloud: Cloud, name: str) -> None:
    algorithm = {"TrainingImage": IMAGE, "TrainingInputMode": "File", "ContainerArguments": ["x"]}
    with pytest.raises(ClientError, match="ContainerArguments without ContainerEntrypoint"):
        run(cloud, name, {}, AlgorithmSpecification=algorithm)
