"""An image of the user's own through the API: a file in the state directory's `images/`, found without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_sagemaker import daemon
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, ROLE, Cloud, archive

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/decision-trees:latest"

TRAIN = """#!/usr/bin/env python
import os
with open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/trained-by.txt", "w") as file:
    file.write(os.environ["TRAINING_JOB_NAME"])
"""

SERVE = """#!/usr/bin/env python
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/trained-by.txt", "rb").read() + b" " + body)

HTTPServer(("", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


def add_image(directory: Path) -> None:
    """Put an image and its programs into a folder of the catalogue."""
    program = directory / "decision-trees"
    program.mkdir(parents=True)
    for name, text in {"train": TRAIN, "serve": SERVE}.items():
        (program / name).write_text(text)
        (program / name).chmod(0o755)
    (directory / "decision-trees.toml").write_text(
        'repository = "decision-trees"\nfolder = "decision-trees"\n'
        '[training]\ncommand = ["train"]\n[serving]\ncommand = ["serve"]\n'
    )


def train(cloud: Cloud) -> str:
    """Run a training job in the image, and return its artefact."""
    cloud.sagemaker.create_training_job(
        TrainingJobName="trees",
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    waiter = cloud.sagemaker.get_waiter("training_job_completed_or_stopped")
    waiter.config.delay, waiter.config.max_attempts = 0.1, 1200
    waiter.wait(TrainingJobName="trees")
    artefact: str = cloud.sagemaker.describe_training_job(TrainingJobName="trees")["ModelArtifacts"]["S3ModelArtifacts"]
    return artefact


def test_it_trains_serves_and_is_found_without_a_restart(own_state: StateDirectory) -> None:
    server = daemon.ensure_running(own_state)
    with Cloud(daemon.client_environment(server)) as cloud:
        with pytest.raises(ClientError, match="has no image"):
            train(cloud)
        add_image(own_state.images)
        artefact = train(cloud)
        model = cloud.model("trees", {"Image": IMAGE, "ModelDataUrl": artefact})
        cloud.sagemaker.create_endpoint(EndpointName="trees", EndpointConfigName=cloud.config("trees", model))
        waiter = cloud.sagemaker.get_waiter("endpoint_in_service")
        waiter.config.delay, waiter.config.max_attempts = 0.1, 1200
        waiter.wait(EndpointName="trees")
        answer = cloud.runtime.invoke_endpoint(EndpointName="trees", Body=b"answers", ContentType="text/plain")
        assert answer["Body"].read() == b"trees answers"


def test_a_file_that_describes_no_image_is_said_by_whatever_names_one(own_state: StateDirectory) -> None:
    server = daemon.ensure_running(own_state)
    own_state.images.mkdir()
    (own_state.images / "wrong.toml").write_text("colour = 'red'\n")
    with Cloud(daemon.client_environment(server)) as cloud:
        uri = cloud.put("model.tar.gz", archive({"a": b""}))
        with pytest.raises(ClientError, match=r"wrong\.toml: .*Field required"):
            cloud.model("any", {"Image": IMAGE, "ModelDataUrl": uri})
