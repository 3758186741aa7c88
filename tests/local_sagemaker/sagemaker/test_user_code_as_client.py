"""User code in a container that is a client of AWS itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

from local_sagemaker.http.listener import RESERVED
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud


def test_boto3_in_a_training_script_reaches_the_local_endpoint(cloud: Cloud, name: str) -> None:
    cloud.start_training(name, "uploader", HyperParameters={"bucket": BUCKET, "key": f"{name}.txt"})
    job = cloud.trained(name)
    assert job["TrainingJobStatus"] == "Completed", job
    assert cloud.get(f"{name}.txt") == b"from within"


def test_more_invocations_than_the_server_has_threads_all_reach_s3_from_within(cloud: Cloud, name: str) -> None:
    many = RESERVED + 24
    cloud.put(f"{name}.txt", b"looked up")
    cloud.endpoint(name, cloud.container("downloader"))
    runtime = boto3.client(
        "sagemaker-runtime",
        endpoint_url=cloud.runtime.meta.endpoint_url,
        region_name=cloud.runtime.meta.region_name,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=many),
    )

    def ask(_: int) -> bytes:
        body = f"{BUCKET}/{name}.txt"
        return bytes(runtime.invoke_endpoint(EndpointName=name, Body=body, ContentType="text/csv")["Body"].read())

    with ThreadPoolExecutor(many) as clients:
        assert set(clients.map(ask, range(many))) == {b"looked up"}
    runtime.close()
    cloud.delete_endpoint(name)
