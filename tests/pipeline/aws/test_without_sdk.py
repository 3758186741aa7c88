"""The commands go without the SageMaker SDK, whose import takes seconds."""

from __future__ import annotations

import subprocess
import sys


def test_no_command_imports_it() -> None:
    script = """
import sys
import pipeline.cli.demo, pipeline.deployment.deploy, pipeline.prediction.batch, pipeline.training.tune
import pipeline.spark.training
from pipeline.jobs.image import image_uri
print(image_uri("us-east-1").rpartition("/")[2], "sagemaker" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["sagemaker-scikit-learn:1.9-0-cpu-py3", "False"], done.stderr
