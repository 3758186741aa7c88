"""A container that waits for a file, as a busy one would, and then looks each request up in S3: `path bucket key`."""

import time
from pathlib import Path

import boto3


def model_fn(model_dir: str) -> object:
    return boto3.client("s3")


def transform_fn(s3: object, body: str | bytes, content_type: str, accept: str) -> tuple[bytes, str]:
    path, bucket, key = (body if isinstance(body, str) else body.decode()).split(" ")
    while not Path(path).exists():
        time.sleep(0.01)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read(), "text/plain"  # type: ignore[attr-defined]
