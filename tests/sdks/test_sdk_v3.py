"""Whole lives with the SDK v3, which is told nothing but a session and a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sdks.conftest import EXAMPLES, Run


def test_a_trainer_trains_and_a_builder_serves_what_it_has_trained(v3: Run, aws: Callable[[str], Any]) -> None:
    printed = v3(EXAMPLES / "sdk_v3_model_trainer.py")
    assert printed.value("model").endswith("/output/model.tar.gz")
    assert printed.value("storm") == "['1', '0']"
    assert aws("sagemaker").list_endpoints(NameContains="weather-v3")["Endpoints"] == []


def test_resources_make_ask_and_remove_a_pipeline_of_two_containers(v3: Run, aws: Callable[[str], Any]) -> None:
    printed = v3(EXAMPLES / "sdk_v3_pipeline.py")
    assert printed.text.split()[-1] == "THREE"
    assert aws("sagemaker").list_models(NameContains="sdk-example")["Models"] == []
