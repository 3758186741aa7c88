"""What of the SageMaker SDK v3 is used here. Importing this takes seconds: `pipeline.aws.sdk` does it when needed."""

from __future__ import annotations

import logging

for _name in ("sagemaker", "sagemaker.config", "sagemaker.core"):
    logging.getLogger(_name).setLevel(logging.WARNING)

from sagemaker.core import image_uris  # noqa: E402  (the loggers have to be quietened first)
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob, TransformJob  # noqa: E402
from sagemaker.core.shapes import (  # noqa: E402
    AlgorithmSpecification,
    Channel,
    CheckpointConfig,
    ContainerDefinition,
    DataSource,
    InferenceExecutionConfig,
    MetricDefinition,
    OutputDataConfig,
    ProductionVariant,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
)

__all__ = [
    "AlgorithmSpecification",
    "Channel",
    "CheckpointConfig",
    "ContainerDefinition",
    "DataSource",
    "Endpoint",
    "EndpointConfig",
    "InferenceExecutionConfig",
    "MetricDefinition",
    "Model",
    "OutputDataConfig",
    "ProductionVariant",
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
    "image_uris",
]
