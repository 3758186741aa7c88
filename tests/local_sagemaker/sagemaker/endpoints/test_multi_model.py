"""Multi-model endpoints: each request names its model, which is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.endpoints.on_demand.multi_model import MOST_LOADED, MultiModelPipeline
from local_sagemaker.sagemaker.models.model_data import ModelDataMissing
from local_sagemaker.sagemaker.models.records import ContainerDefinition
from local_sagemaker.sagemaker.running.inference_pipeline import InferencePipeline
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, ROLE, Cloud, archive
from tests.local_sagemaker.sagemaker.processes import until, working_below

HANDLERS = b"""
import os

def model_fn(model_dir):
    with open(os.path.join(model_dir, "answer.txt")) as file:
        return file.read() + os.environ["SAGEMAKER_MULTI_MODEL"]

def transform_fn(model, body, content_type, accept):
    return f"{model} {body}", "text/plain"
"""


def artefact(cloud: Cloud, key: str, answer: str) -> None:
    cloud.put(key, archive({"code/inference.py": HANDLERS, "answer.txt": answer.encode()}))


def multi_model(cloud: Cloud, name: str) -> dict[str, Any]:
    """Define a container of the models below a prefix that nothing is below yet."""
    return {**cloud.container(), "Mode": "MultiModel", "ModelDataUrl": f"s3://{BUCKET}/{name}/models/"}


def message(caught: pytest.ExceptionInfo[ClientError]) -> str:
    assert caught.value.response["Error"]["Code"] in ("ValidationError", "ValidationException")
    return str(caught.value.response["Error"]["Message"])


def test_each_request_is_answered_by_the_model_that_it_names(cloud: Cloud, name: str, state: StateDirectory) -> None:
    below = state.work / "endpoints" / name
    cloud.endpoint(name, multi_model(cloud, name))
    described = cloud.sagemaker.describe_model(ModelName=name)
    assert described["PrimaryContainer"]["Mode"] == "MultiModel"
    assert working_below(below) == []
    artefact(cloud, f"{name}/models/berlin.tar.gz", "Berlin")
    artefact(cloud, f"{name}/models/deep/rome.tar.gz", "Rome")
    asked = {"ContentType": "text/csv"}
    assert cloud.invoke(name, b"1", TargetModel="berlin.tar.gz", **asked) == b"Berlintrue 1"
    assert cloud.invoke(name, b"2", TargetModel="/deep/rome.tar.gz", **asked) == b"Rometrue 2"
    artefact(cloud, f"{name}/models/berlin.tar.gz", "another")
    assert cloud.invoke(name, b"3", TargetModel="berlin.tar.gz", **asked) == b"Berlintrue 3", "it is loaded already"
    cloud.delete_endpoint(name)
    until(lambda: working_below(below) == [])


def test_a_request_without_a_model_and_one_for_a_model_that_is_not_there_are_refused(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, multi_model(cloud, name))
    with pytest.raises(ClientError) as caught:
        cloud.invoke(name, b"1")
    assert "name one of them as TargetModel" in message(caught)
    with pytest.raises(ClientError) as caught:
        cloud.invoke(name, b"1", TargetModel="paris.tar.gz")
    assert f"s3://{BUCKET}/{name}/models/paris.tar.gz" in message(caught)
    artefact(cloud, f"{name}/models/paris.tar.gz", "Paris")
    assert cloud.invoke(name, b"1", TargetModel="paris.tar.gz", ContentType="text/csv") == b"Paristrue 1"


def test_an_endpoint_of_one_model_takes_no_target(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container())
    with pytest.raises(ClientError) as caught:
        cloud.invoke(name, b"1", TargetModel="paris.tar.gz")
    assert "serves one model: leave TargetModel out" in message(caught)


@pytest.mark.long
def test_models_are_loaded_again_when_the_server_has_come_back(own_state: StateDirectory) -> None:
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        cloud.endpoint("cities", multi_model(cloud, "cities"))
        artefact(cloud, "cities/models/oslo.tar.gz", "Oslo")
        assert cloud.invoke("cities", b"1", TargetModel="oslo.tar.gz", ContentType="text/csv") == b"Oslotrue 1"
        artefact(cloud, "cities/models/oslo.tar.gz", "new Oslo")
    stop(own_state)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert cloud.invoke("cities", b"2", TargetModel="oslo.tar.gz", ContentType="text/csv") == b"new Oslotrue 2"


def test_what_cannot_be_done_with_many_models_is_refused_by_name(cloud: Cloud, name: str) -> None:
    model = cloud.model(name, multi_model(cloud, name))
    variant = {"VariantName": "v", "ModelName": model}
    serverless = {**variant, "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
    instances = {**variant, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    kept = {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/out"}}
    with pytest.raises(ClientError, match="serverless, which AWS excludes for multi-model endpoints"):
        cloud.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[serverless])
    with pytest.raises(ClientError, match="AsyncInferenceConfig with a multi-model container: call InvokeEndpoint"):
        cloud.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[instances], AsyncInferenceConfig=kept
        )
    with pytest.raises(ClientError, match="batch transform by many models: create a model of one artefact"):
        cloud.transform(f"{name}-batch", model, cloud.put(f"{name}/in.csv", b"1\n"))
    with pytest.raises(ClientError, match="one of several containers: give it as PrimaryContainer"):
        cloud.model(f"{name}-series", multi_model(cloud, name), cloud.container())
    without = {member: value for member, value in multi_model(cloud, name).items() if member != "ModelDataUrl"}
    with pytest.raises(ClientError, match="needs a ModelDataUrl"):
        cloud.sagemaker.create_model(ModelName=f"{name}-no-data", ExecutionRoleArn=ROLE, PrimaryContainer=without)
    uncached = {**multi_model(cloud, name), "MultiModelConfig": {"ModelCacheSetting": "Disabled"}}
    with pytest.raises(ClientError, match=r"ModelCacheSetting=Disabled .*models stay loaded until there are too many"):
        cloud.model(f"{name}-uncached", uncached)


class Pretended:
    """A pipeline that answers with the place of its model, and is on a list when it has ended."""

    def __init__(self, containers: Sequence[ContainerDefinition], ended: list[str]) -> None:
        self.containers = (SimpleNamespace(alive=True, hostname="primary"),)
        self._place = containers[0].model_data or ""
        self._ended = ended

    def start(self, *_: Any) -> None:
        """It needs no time."""

    def invoke(self, *_: Any) -> str:
        return self._place

    def stop(self) -> None:
        self._ended.append(self._place.rpartition("/")[2])


def test_of_too_many_models_the_one_that_was_asked_for_longest_ago_ends(tmp_path: Path) -> None:
    ended: list[str] = []
    container = ContainerDefinition("primary", "image", "s3://b/models", {}, multi_model=True)
    pipeline = MultiModelPipeline(
        container, lambda containers, _: cast("InferencePipeline", Pretended(containers, ended)), tmp_path, 1.0
    )
    models = [f"{number}.tar.gz" for number in range(MOST_LOADED)]
    for model in [*models, models[0]]:
        assert cast("str", pipeline.invoke(model, b"", None, None, 1.0)) == f"s3://b/models/{model}"
    assert ended == []
    pipeline.invoke("one-more.tar.gz", b"", None, None, 1.0)
    assert ended == ["1.tar.gz"]
    pipeline.stop()
    assert sorted(ended) == sorted([*models, "one-more.tar.gz"])


def test_names_of_models_that_are_not_there_end_none_that_is(tmp_path: Path) -> None:
    ended: list[str] = []

    def made(containers: Sequence[ContainerDefinition], _: Path) -> InferencePipeline:
        if "wrong" in (containers[0].model_data or ""):
            raise ModelDataMissing("there is no such model")
        return cast("InferencePipeline", Pretended(containers, ended))

    container = ContainerDefinition("primary", "image", "s3://b/models", {}, multi_model=True)
    pipeline = MultiModelPipeline(container, made, tmp_path, 1.0)
    pipeline.invoke("right.tar.gz", b"", None, None, 1.0)
    for number in range(2 * MOST_LOADED):
        with pytest.raises(AwsError, match="no such model"):
            pipeline.invoke(f"wrong-{number}.tar.gz", b"", None, None, 1.0)
    assert ended == []
