"""Definitions of pipelines for the tests, written as the SDKs write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, ROLE, Cloud, archive, source_files

Step = dict[str, Any]


def definition(*steps: Step, parameters: Sequence[Mapping[str, Any]] = (), **members: Any) -> str:
    """Write a definition."""
    document = {"Version": "2020-12-01", "Metadata": {}, "Parameters": list(parameters), "Steps": list(steps)}
    return json.dumps({**document, **members})


def get(reference: str) -> dict[str, str]:
    """Refer to something."""
    return {"Get": reference}


def join(on: str, *values: Any) -> dict[str, Any]:
    """Join texts."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def json_get(step: str, file: str, path: str) -> dict[str, Any]:
    """Look into a property file."""
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}


def training(cloud: Cloud, name: str = "Train", **step: Any) -> Step:
    """A Training step with a script of `sources/trainer`; `hyperparameters` and `channel` are its arguments."""
    code = cloud.put("code/trainer/sourcedir.tar.gz", archive(source_files("trainer")))
    own = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{code}"'}
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/jobs/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "RoleArn": ROLE,
        "HyperParameters": {**own, **step.pop("hyperparameters", {})},
    }
    if channel := step.pop("channel", None):
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": channel}}
        arguments["InputDataConfig"] = [{"ChannelName": "train", "DataSource": source}]
    return {"Name": name, "Type": "Training", "Arguments": {**arguments, **step.pop("arguments", {})}, **step}


def model(cloud: Cloud, name: str = "Model", *, data: Any = None, **step: Any) -> Step:
    """A Model step of the container `probe`, or of another artefact."""
    container = cloud.container()
    if data is not None:
        container["ModelDataUrl"] = data
    arguments = {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    return {"Name": name, "Type": "Model", "Arguments": arguments, **step}


def transform(name: str, model_name: Any, source: str, output: Any, **step: Any) -> Step:
    """A Transform step of text/csv lines."""
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}}
    arguments = {
        "ModelName": model_name,
        "TransformInput": {"DataSource": data, "SplitType": "Line", "ContentType": "text/csv"},
        "TransformOutput": {"S3OutputPath": output},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return {"Name": name, "Type": "Transform", "Arguments": arguments, **step}


def compared(kind: str, left: Any, right: Any) -> dict[str, Any]:
    """A comparison."""
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def condition(name: str, *conditions: Mapping[str, Any], yes: Sequence[Step] = (), no: Sequence[Step] = ()) -> Step:
    """A Condition step."""
    arguments = {"Conditions": list(conditions), "IfSteps": list(yes), "ElseSteps": list(no)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def fail(name: str = "Fail", message: Any = "it is too bad", **step: Any) -> Step:
    """A Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **step}
