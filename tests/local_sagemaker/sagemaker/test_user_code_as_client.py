"""User code in a container that is a client of AWS itself."""

from __future__ import annotations

from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from local_sagemaker.http.listener import RESERVED
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.wire import signed_for


def test_boto3_in_a_training_script_reaches_the_local_endpoint(cloud: Cloud, name: str) -> None:
    cloud.start_training(name, "uploader", HyperParameters={"bucket": BUCKET, "key": f"{name}.txt"})
    job = cloud.trained(name)
    assert job["TrainingJobStatus"] == "Completed", job
    assert cloud.get(f"{name}.txt") == b"from within"


def test_more_invocations_than_the_server_has_threads_all_reach_s3_from_within(
    cloud: Cloud, name: str, environment: dict[str, str], tmp_path: Path
) -> None:
    cloud.put(f"{name}.txt", b"looked up")
    cloud.endpoint(name, cloud.container("downloader"))
    all_are_on_their_way = tmp_path / "go"
    body = f"{all_are_on_their_way} {BUCKET} {name}.txt"
    with ExitStack() as stack:
        place = urlsplit(environment["AWS_ENDPOINT_URL"]).netloc
        clients = [stack.enter_context(closing(HTTPConnection(place, timeout=90))) for _ in range(RESERVED + 24)]
        for client in clients:
            client.request("POST", f"/endpoints/{name}/invocations", body, signed_for("sagemaker"))
        all_are_on_their_way.touch()
        answers = [client.getresponse() for client in clients]
        assert {(answer.status, answer.read()) for answer in answers} == {(200, b"looked up")}
    cloud.delete_endpoint(name)
