"""The SDK is imported when the first of its classes is needed, and no sooner."""

from __future__ import annotations

import subprocess
import sys


def run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_creates_things_is_imported_without_it() -> None:
    script = """
import sys
import pipeline.cli, pipeline.deployment.deploy, pipeline.prediction.batch, pipeline.training.tune
print("sagemaker" in sys.modules)
"""
    assert run(script) == "False"


def test_import_that_was_begun_is_waited_for_and_leaves_other_models_as_they_are() -> None:
    """And what the SDK has not got is an attribute error."""
    script = """
from pydantic import BaseModel
from pipeline.aws import sdk
sdk.begin_import()
class Own(BaseModel):
    name: str
channel = sdk.Channel(channel_name="train", data_source=sdk.DataSource())
print(channel.channel_name, sdk.TrainingJob.__name__, "defer_build" in BaseModel.model_config, Own(name="x").name)
try:
    sdk.NoSuchClass
except AttributeError as error:
    print("NoSuchClass" in str(error))
"""
    assert run(script).split() == ["train", "TrainingJob", "False", "x", "True"]
