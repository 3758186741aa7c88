"""A container whose model is looked up in S3 with each request: `bucket/key` in, the object out."""

import boto3


def model_fn(model_dir: str) -> object:
    return boto3.client("s3")


def transform_fn(s3: object, body: str | bytes, content_type: str, accept: str) -> tuple[bytes, str]:
    bucket, key = (body if isinstance(body, str) else body.decode()).split("/", 1)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read(), "text/plain"  # type: ignore[attr-defined]
