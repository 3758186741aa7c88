"""What of the SageMaker SDK v3 is used here. Importing this takes seconds: `pipeline.aws.sdk` does it when needed."""

from __future__ import annotations

import logging

from pydantic import BaseModel

for _name in ("sagemaker", "sagemaker.config", "sagemaker.core"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# Of the SDK's 1,500 shapes a command uses some: pydantic makes a class ready when it is first used.
BaseModel.model_config["defer_build"] = True

from sagemaker.core import image_uris  # noqa: E402  (all that has to come first)
from sagemaker.core.resources import ProcessingJob, TrainingJob, TransformJob  # noqa: E402
from sagemaker.core.shapes import (  # noqa: E402
    AlgorithmSpecification,
    AppSpecification,
    Channel,
    CheckpointConfig,
    DataSource,
    MetricDefinition,
    NetworkConfig,
    OutputDataConfig,
    ProcessingClusterConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingOutputConfig,
    ProcessingResources,
    ProcessingS3Input,
    ProcessingS3Output,
    ProcessingStoppingCondition,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
    VpcConfig,
)

del BaseModel.model_config["defer_build"]

__all__ = [
    "AlgorithmSpecification",
    "AppSpecification",
    "Channel",
    "CheckpointConfig",
    "DataSource",
    "MetricDefinition",
    "NetworkConfig",
    "OutputDataConfig",
    "ProcessingClusterConfig",
    "ProcessingInput",
    "ProcessingJob",
    "ProcessingOutput",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "ProcessingS3Input",
    "ProcessingS3Output",
    "ProcessingStoppingCondition",
    "ResourceConfig",
    "S3DataSource",
    "StoppingCondition",
    "TrainingJob",
    "TransformDataSource",
    "TransformInput",
    "TransformJob",
    "TransformOutput",
    "TransformResources",
    "TransformS3DataSource",
    "VpcConfig",
    "image_uris",
]
