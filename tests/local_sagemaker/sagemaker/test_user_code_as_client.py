"""User code in a container that is a client of AWS itself."""

from __future__ import annotations

from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud


def test_boto3_in_a_training_script_reaches_the_local_endpoint(cloud: Cloud, name: str) -> None:
    cloud.start_training(name, "uploader", HyperParameters={"bucket": BUCKET, "key": f"{name}.txt"})
    job = cloud.trained(name)
    assert job["TrainingJobStatus"] == "Completed", job
    assert cloud.get(f"{name}.txt") == b"from within"
