"""A pipeline in the shape of AWS's samples: prepare, train, evaluate, decide by a property file, register, transform.

Each step can be made to fail by a parameter.
"""

from __future__ import annotations

from typing import Any

from tests.local_sagemaker.sagemaker.cloud import (
    BUCKET,
    IMAGE,
    ROLE,
    Cloud,
    archive,
    processing_input,
    processing_output,
    source_files,
)
from tests.local_sagemaker.sagemaker.pipelines import definitions
from tests.local_sagemaker.sagemaker.pipelines.definitions import Step, compared, definition, fail, get, join, json_get

ALL = ("Prepare", "Train", "Evaluate", "Decide", "Create", "Register", "Transform")
_ID = get("Execution.PipelineExecutionId")
_PARAMETERS: list[dict[str, Any]] = [
    {"Name": "Data", "Type": "String"},
    {"Name": "MostError", "Type": "Float", "DefaultValue": 6.0},
    {"Name": "Approval", "Type": "String", "DefaultValue": "PendingManualApproval"},
    {"Name": "PrepareFlag", "Type": "String", "DefaultValue": "--go"},
    {"Name": "TrainFails", "Type": "String", "DefaultValue": "no"},
    {"Name": "EvaluateFlag", "Type": "String", "DefaultValue": "--go"},
    {"Name": "Image", "Type": "String", "DefaultValue": IMAGE},
    {"Name": "Batch", "Type": "String", "DefaultValue": f"s3://{BUCKET}/line/batch.csv"},
]


def sample(cloud: Cloud, group: str, **members: Any) -> str:
    """Write the definition, with its scripts and data put into S3."""
    cloud.put("line/pairs.csv", b"\n".join(b"%d,%d" % (x, 2 * x + x % 3) for x in range(1, 41)))
    cloud.put("line/batch.csv", b"1\n10\n")
    code = cloud.put("line/code/sourcedir.tar.gz", archive(source_files("line")))
    registered = [_create(code), _register(code, group), _transform()]
    decide = definitions.condition(
        "Decide",
        compared(
            "LessThanOrEqualTo",
            json_get("Evaluate", "Report", "regression_metrics.mse.value"),
            get("Parameters.MostError"),
        ),
        yes=registered,
        no=[fail("TooBad", join(" ", "Execution failed due to MSE >", get("Parameters.MostError")))],
    )
    return definition(_prepare(cloud), _train(code), _evaluate(cloud), decide, parameters=_PARAMETERS, **members)


def _processing(cloud: Cloud, name: str, script: str, flag: str, inputs: list[Any], *outputs: str) -> Step:
    source = cloud.put(f"line/code/{script}", source_files("line")[script])
    arguments = {
        "RoleArn": ROLE,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
        },
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", f"/opt/ml/processing/input/code/{script}"],
            "ContainerArguments": ["/opt/ml/processing", get(f"Parameters.{flag}")],
        },
        "ProcessingInputs": [*inputs, _input("code", source, "/opt/ml/processing/input/code")],
        "ProcessingOutputConfig": {"Outputs": [_output(name, output) for output in outputs]},
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments}


def _input(name: str, uri: Any, path: str) -> dict[str, Any]:
    described = processing_input(name, "")
    return {**described, "S3Input": {**described["S3Input"], "S3Uri": uri, "LocalPath": path}}


def _output(step: str, name: str) -> dict[str, Any]:
    described = processing_output(name, "")
    uri, path = join("/", f"s3://{BUCKET}/line", _ID, step, name), f"/opt/ml/processing/{name}"
    return {**described, "S3Output": {**described["S3Output"], "S3Uri": uri, "LocalPath": path}}


def _prepare(cloud: Cloud) -> Step:
    data = _input("data", get("Parameters.Data"), "/opt/ml/processing/input")
    return _processing(cloud, "Prepare", "prepare.py", "PrepareFlag", [data], "train", "test")


def _train(code: str) -> Step:
    channel = get("Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": channel}}
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/line/jobs"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "RoleArn": ROLE,
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": f'"{code}"',
            "fail": get("Parameters.TrainFails"),
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
    }
    return {"Name": "Train", "Type": "Training", "Arguments": arguments}


def _evaluate(cloud: Cloud) -> Step:
    model = _input("model", get("Steps.Train.ModelArtifacts.S3ModelArtifacts"), "/opt/ml/processing/model")
    uri = get("Steps.Prepare.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri")
    test = _input("test", uri, "/opt/ml/processing/test")
    step = _processing(cloud, "Evaluate", "evaluate.py", "EvaluateFlag", [model, test], "evaluation")
    report = {"PropertyFileName": "Report", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    return {**step, "PropertyFiles": [report]}


def _container(code: str, image: Any) -> dict[str, Any]:
    return {
        "Image": image,
        "ModelDataUrl": get("Steps.Train.ModelArtifacts.S3ModelArtifacts"),
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": code,
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        },
    }


def _create(code: str) -> Step:
    arguments = {"ExecutionRoleArn": ROLE, "PrimaryContainer": _container(code, get("Parameters.Image"))}
    return {"Name": "Create", "Type": "Model", "Arguments": arguments}


def _register(code: str, group: str) -> Step:
    folder = get("Steps.Evaluate.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri")
    statistics = {"ContentType": "application/json", "S3Uri": join("/", folder, "evaluation.json")}
    arguments = {
        "ModelPackageGroupName": group,
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}, "Bias": {}, "Explainability": {}},
        "InferenceSpecification": {
            "Containers": [_container(code, IMAGE)],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
        },
        "ModelApprovalStatus": get("Parameters.Approval"),
        "SkipModelValidation": "None",
    }
    return {"Name": "Register", "Type": "RegisterModel", "Arguments": arguments}


def _transform() -> Step:
    step = definitions.transform(
        "Transform", get("Steps.Create.ModelName"), "", join("/", f"s3://{BUCKET}/line", _ID, "out")
    )
    step["Arguments"]["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] = get("Parameters.Batch")
    return step
