"""Models and endpoint configurations as resources."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.cloud import IMAGE, ROLE, Cloud

OTHER_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.3-cpu-py311"


def refusal(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_pipeline_is_described_as_it_was_created(cloud: Cloud, name: str) -> None:
    containers = [{**cloud.container(), "ContainerHostname": hostname} for hostname in ("first", "second")]
    created = cloud.sagemaker.create_model(
        ModelName=name,
        Containers=containers,
        InferenceExecutionConfig={"Mode": "Serial"},
        ExecutionRoleArn=ROLE,
        EnableNetworkIsolation=True,
        VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    )
    described = cloud.sagemaker.describe_model(ModelName=name)
    assert described["ModelArn"] == created["ModelArn"] == f"arn:aws:sagemaker:us-east-1:123456789012:model/{name}"
    assert described["Containers"] == [{"Mode": "SingleModel", **container} for container in containers]
    assert described["InferenceExecutionConfig"] == {"Mode": "Serial"}
    assert described["EnableNetworkIsolation"] is True
    assert described["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}


def test_a_name_is_given_once(cloud: Cloud, name: str) -> None:
    cloud.model(name, cloud.container())
    with pytest.raises(ClientError) as caught:
        cloud.model(name, cloud.container())
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:model/{name}"
    assert refusal(caught) == ("ValidationException", f'Cannot create already existing model "{arn}".')


def test_a_deleted_model_is_gone(cloud: Cloud, name: str) -> None:
    cloud.model(name, cloud.container())
    cloud.sagemaker.delete_model(ModelName=name)
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:model/{name}"
    for operation in (cloud.sagemaker.describe_model, cloud.sagemaker.delete_model):
        with pytest.raises(ClientError) as caught:
            operation(ModelName=name)
        assert refusal(caught) == ("ValidationException", f'Could not find model "{arn}".')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"ModelDataUrl": "s3://tests/absent/model.tar.gz"},
            "Could not find model data at s3://tests/absent/model.tar.gz.",
        ),
        ({"ModelDataUrl": "s3://nowhere/model.tar.gz"}, "Could not find model data at s3://nowhere/model.tar.gz."),
        ({"Image": OTHER_IMAGE}, f"has no image {OTHER_IMAGE}"),
    ],
)
def test_what_cannot_be_served_is_refused(cloud: Cloud, name: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.model(name, {**cloud.container(), **change})
    code, text = refusal(caught)
    assert code == "ValidationException"
    assert message in text


def test_code_in_s3_is_out_of_reach_under_network_isolation(cloud: Cloud, name: str) -> None:
    container = cloud.container(SAGEMAKER_SUBMIT_DIRECTORY="s3://tests/code/sourcedir.tar.gz")
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.create_model(ModelName=name, PrimaryContainer=container, EnableNetworkIsolation=True)
    assert "cannot fetch its code from s3://tests/code/sourcedir.tar.gz" in refusal(caught)[1]


def test_sixteen_containers_are_too_many(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.model(name, *[cloud.container()] * 16)
    assert refusal(caught)[0] == "ValidationException"


def test_a_model_has_a_primary_container_or_several(cloud: Cloud, name: str) -> None:
    container = cloud.container()
    for request in ({}, {"PrimaryContainer": container, "Containers": [container, container]}):
        with pytest.raises(ClientError) as caught:
            cloud.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, **request)
        assert refusal(caught)[0] == "ValidationException"


def test_a_configuration_is_described_as_it_was_created(cloud: Cloud, name: str) -> None:
    cloud.config(name, cloud.model(name, cloud.container()), InitialVariantWeight=2.0)
    described = cloud.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert described["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": name,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 2.0,
        }
    ]


def test_a_variant_without_a_weight_is_described_with_awss(cloud: Cloud, name: str) -> None:
    cloud.config(name, cloud.model(name, cloud.container()))
    (variant,) = cloud.sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    assert variant["InitialVariantWeight"] == 1.0


def test_a_configuration_needs_its_model(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.config(name, "absent")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model/absent"
    assert refusal(caught) == ("ValidationException", f'Could not find model "{arn}".')


def test_a_deleted_configuration_is_gone(cloud: Cloud, name: str) -> None:
    cloud.config(name, cloud.model(name, cloud.container()))
    cloud.sagemaker.delete_endpoint_config(EndpointConfigName=name)
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/{name}"
    assert refusal(caught) == ("ValidationException", f'Could not find endpoint configuration "{arn}".')


def test_what_an_endpoint_does_not_do_is_refused_by_name(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.config(
            name,
            cloud.model(name, {"Image": IMAGE, **cloud.container()}),
            ManagedInstanceScaling={"Status": "ENABLED"},
        )
    assert "does not support ProductionVariants.ManagedInstanceScaling" in refusal(caught)[1]
