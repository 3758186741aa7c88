"""The SageMaker SDK v3 against the local server. Importing it takes seconds, so it is used in this module only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, ROLE, Cloud, archive, source_files

pytestmark = pytest.mark.long

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "sdk_v3_pipeline.py"


@pytest.fixture(scope="module")
def sdk(environment: dict[str, str]) -> Iterator[Any]:
    """The SDK's resources, its clients pointed at the tests' server."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        from sagemaker.core import resources
        from sagemaker.core.utils.utils import SageMakerClient

        SageMakerClient.reset()  # of whatever another module pointed elsewhere
        yield resources
        SageMakerClient.reset()


def test_the_example_of_the_docs_makes_asks_and_removes_a_pipeline(
    environment: dict[str, str], cloud: Cloud, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "THREE" in done.stdout
    assert cloud.sagemaker.list_endpoints(NameContains="sdk-example")["Endpoints"] == []
    assert cloud.sagemaker.list_models(NameContains="sdk-example")["Models"] == []


def test_jobs_are_created_waited_for_listed_and_read(sdk: Any, cloud: Cloud, name: str) -> None:
    code = cloud.put("code/trainer/sourcedir.tar.gz", archive(source_files("trainer")))
    job = sdk.TrainingJob.create(
        training_job_name=name,
        role_arn=ROLE,
        algorithm_specification={"training_image": IMAGE, "training_input_mode": "File"},
        hyper_parameters={"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{code}"'},
        output_data_config={"s3_output_path": f"s3://{BUCKET}/jobs"},
        resource_config={"instance_type": "ml.m5.large", "instance_count": 1, "volume_size_in_gb": 1},
        stopping_condition={"max_runtime_in_seconds": 60},
        tags=[{"key": "owner", "value": "tests"}],
    )
    job.wait(poll=1, logs=True)
    assert job.training_job_status == "Completed"
    assert job.model_artifacts.s3_model_artifacts.endswith(f"{name}/output/model.tar.gz")
    assert [found.training_job_name for found in sdk.TrainingJob.get_all(name_contains=name)] == [name]


def test_a_transform_job_and_its_failure_reach_the_sdk(sdk: Any, cloud: Cloud, name: str) -> None:
    cloud.model(name, cloud.container())
    source = {"s3_data_source": {"s3_data_type": "S3Prefix", "s3_uri": cloud.put(f"in/{name}.csv", b"answer 400\n")}}
    job = sdk.TransformJob.create(
        transform_job_name=name,
        model_name=name,
        transform_input={"data_source": source, "split_type": "Line"},
        transform_output={"s3_output_path": f"s3://{BUCKET}/out/{name}"},
        transform_resources={"instance_type": "ml.m5.large", "instance_count": 1},
    )
    with pytest.raises(Exception, match=r"line 1 \(byte offset 0\)"):
        job.wait(poll=1)
    assert sdk.TransformJob.get(transform_job_name=name).transform_job_status == "Failed"


def test_endpoints_models_and_configurations_are_read_updated_and_deleted(sdk: Any, cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container(), cloud.container())
    endpoint = sdk.Endpoint.get(endpoint_name=name)
    assert endpoint.production_variants[0].variant_name == "AllTraffic"
    assert [found.model_name for found in sdk.Model.get_all(name_contains=name)] == [name]
    assert sdk.Model.get(model_name=name).inference_execution_config.mode == "Serial"
    assert [found.endpoint_name for found in sdk.Endpoint.get_all(name_contains=name)] == [name]
    endpoint.update()
    endpoint.wait_for_status("InService", poll=1)
    assert endpoint.invoke(body=b"x", content_type="text/csv", accept="text/csv").body.read() == b"x"
    for resource in (endpoint, sdk.EndpointConfig.get(endpoint_config_name=name), sdk.Model.get(model_name=name)):
        resource.delete()
    endpoint.wait_for_delete(poll=1)
