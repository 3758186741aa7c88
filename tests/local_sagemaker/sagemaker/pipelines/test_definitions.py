"""Definitions that cannot be executed are refused when a pipeline is made, with what is wrong and where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.pipelines.definition import durations, references
from local_sagemaker.sagemaker.pipelines.definition.checking import read_and_check
from local_sagemaker.sagemaker.pipelines.definition.document import Branch
from tests.local_sagemaker.sagemaker.cloud import IMAGE, ROLE, Cloud
from tests.local_sagemaker.sagemaker.pipelines.definitions import (
    Step,
    compared,
    condition,
    definition,
    fail,
    get,
    join,
    json_get,
)
from tests.local_sagemaker.sagemaker.pipelines.executing import Pipelines
from tests.local_sagemaker.sagemaker.pipelines.sample import ALL, sample

PARSE = "Unable to parse pipeline definition. "
DEPTH = {"Name": "Depth", "Type": "Integer", "DefaultValue": 3}


def step(name: str = "Create", **arguments: Any) -> Step:
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}
    return {
        "Name": name,
        "Type": "Model",
        "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container, **arguments},
    }


def process(image: str = IMAGE, **members: Any) -> Step:
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
    arguments = {
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": image},
        "ProcessingResources": {"ClusterConfig": cluster},
    }
    return {"Name": "Process", "Type": "Processing", "Arguments": arguments, **members}


def variables(value: Any) -> dict[str, Any]:
    return {"Image": IMAGE, "Environment": {"A": value}}


REFUSED = {
    "no JSON": ("{", "It is not JSON"),
    "no value of JSON": ('{"Version": NaN}', "It is not JSON: NaN is no JSON value"),
    "half a character": ('{"Version": "\\ud800"}', "It is not JSON"),
    "too deep": (json.dumps({"Steps": json.loads("[" * 500 + "]" * 500)}), "It is nested more than 100 levels deep."),
    "far too deep": ("[" * 100_000, "It is not JSON"),
    "a step's name of other letters": (definition({**step(), "Name": "Créate"}), "Invalid name 'Créate' of a step"),
    "no object": ("[]", "Expecting start of Json Object."),
    "another version": (json.dumps({"Version": "2021-01-01", "Steps": []}), "Version '2021-01-01' is not supported"),
    "no steps": (definition(), "The definition has no steps."),
    "another member": (definition(step(), Triggers=[]), "Unknown member 'Triggers' in the definition."),
    "steps that are no list": (json.dumps({"Version": "2020-12-01", "Steps": {}}), "Expecting start of Json Array"),
    "a step without a name": (definition({"Type": "Model", "Arguments": {}}), "Missing 'Name' in a step."),
    "a name twice": (definition(step(), step()), "Duplicate step name 'Create'"),
    "a name twice, in a branch": (
        definition(step(), condition("If", compared("Equals", 1, 1), yes=[step()])),
        "Duplicate step name 'Create'",
    ),
    "an unknown type": (definition({**step(), "Type": "Modle"}), "Unknown step type 'Modle' of step 'Create'."),
    "an unknown member of a step": (
        definition({**step(), "Depends": []}),
        "Unknown member 'Depends' in step 'Create'.",
    ),
    "an unknown step": (
        definition({**step(), "DependsOn": ["Train"]}),
        "Step 'Create' depends on step 'Train', which is not in the definition.",
    ),
    "a reference to an unknown step": (
        definition(step(ModelName=get("Steps.Train.TrainingJobName"))),
        "Step 'Create' depends on step 'Train', which is not in the definition.",
    ),
    "a ring": (
        definition(
            {**step("A"), "DependsOn": ["B"]},
            {**step("B"), "DependsOn": ["C"]},
            step("C", ModelName=get("Steps.A.ModelName")),
        ),
        "Cyclic dependency between steps: A -> B -> C -> A.",
    ),
    "a condition that needs its own branch": (
        definition(condition("If", compared("Equals", get("Steps.Create.ModelName"), "a"), yes=[step()])),
        "Cyclic dependency between steps: If -> Create -> If.",
    ),
    "an unknown parameter": (
        definition(step(PrimaryContainer=variables(get("Parameters.Deep")))),
        "Unknown parameter [Parameters.Deep] in step 'Create'.",
    ),
    "an unknown variable": (
        definition(step(PrimaryContainer=variables(get("Execution.Name")))),
        "Unknown variable [Execution.Name] in step 'Create'.",
    ),
    "an unknown source": (
        definition(step(PrimaryContainer=variables(get("Secrets.Name")))),
        "Invalid reference [Secrets.Name] in step 'Create'.",
    ),
    "an unknown property": (
        definition(step("A"), step("B", ModelName=get("Steps.A.ModelArtifacts.S3ModelArtifacts"))),
        "Unknown property reference [Steps.A.ModelArtifacts.S3ModelArtifacts] in step 'B'.",
    ),
    "an unknown property file": (
        definition(process(), condition("If", compared("Equals", json_get("Process", "Report", "a"), 1))),
        "Unknown property file [Steps.Process.PropertyFiles.Report] in step 'If'.",
    ),
    "an unknown function": (
        definition(step(PrimaryContainer=variables({"Std:Split": {"On": ","}}))),
        "Unknown function 'Std:Split' in step 'Create'.",
    ),
    "an unknown condition": (
        definition(condition("If", {"Type": "Like", "LeftValue": 1, "RightValue": 2})),
        "Unknown condition type 'Like' in step 'If'.",
    ),
    "half a condition": (
        definition(condition("If", {"Type": "Equals", "LeftValue": 1})),
        "Missing 'RightValue' in a condition of type Equals in step 'If'.",
    ),
    "an unknown argument": (
        definition(step(Model="a")),
        "Unknown Argument member 'Model' (step 'Create')",
    ),
    "an argument of another kind": (
        definition(step(Containers={})),
        "Expecting start of Json Array for 'Containers' in step 'Create'.",
    ),
    "an unknown word": (
        definition(step(InferenceExecutionConfig={"Mode": "Sidewards"})),
        "Model Validation failed: Value 'Sidewards' for 'InferenceExecutionMode' failed to satisfy enum value set: "
        "[Serial, Direct] (step 'Create')",
    ),
    "a number where a text is needed": (
        definition(step(PrimaryContainer=variables(get("Parameters.Depth"))), parameters=[DEPTH]),
        "Cannot assign property reference [Parameters.Depth] to argument of type [String] (step 'Create')",
    ),
    "a parameter without a type": (
        definition(step(), parameters=[{"Name": "Depth"}]),
        "Missing 'Type' in parameter 'Depth'.",
    ),
    "a default of another type": (
        definition(step(), parameters=[{**DEPTH, "DefaultValue": "3"}]),
        "The default value '3' of parameter 'Depth' is not of type Integer.",
    ),
    "a default out of its words": (
        definition(step(), parameters=[{"Name": "A", "Type": "String", "DefaultValue": "c", "EnumValues": ["a", "b"]}]),
        "The default value 'c' of parameter 'A' is not in its enum values.",
    ),
    "a bad duration": (
        definition({**process(), "CacheConfig": {"Enabled": True, "ExpireAfter": "an hour"}}),
        "Invalid ExpireAfter 'an hour'",
    ),
    "a cache of a step without one": (
        definition({**step(), "CacheConfig": {"Enabled": True, "ExpireAfter": "PT1H"}}),
        "CacheConfig is not supported for steps of type Model (step 'Create').",
    ),
    "a retry policy with two ends": (
        definition(
            {**step(), "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 1, "ExpireAfterMin": 1}]}
        ),
        "Only one of MaxAttempts and ExpireAfterMin can be given in a retry policy.",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_definition_that_cannot_be_executed_is_refused(what: str) -> None:
    text, message = REFUSED[what]
    with pytest.raises(AwsError) as caught:
        read_and_check(text)
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith(PARSE + message)


@pytest.mark.parametrize("kind", ["Lambda", "Callback", "ClarifyCheck", "QualityCheck", "EMR", "AutoML", "NotebookJob"])
def test_a_step_type_that_is_not_executed_here_is_refused_by_name(kind: str) -> None:
    with pytest.raises(AwsError, match=rf"does not support the step type {kind} \(step 'Elsewhere'\)"):
        read_and_check(definition(step(), {"Name": "Elsewhere", "Type": kind, "Arguments": {}}))


def test_what_is_refused_makes_no_pipeline(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*which is not in the definition"):
        pipelines.create(name, definition({**step(), "DependsOn": ["Nowhere"]}))
    with pytest.raises(cloud.sagemaker.exceptions.ResourceNotFound):
        cloud.sagemaker.describe_pipeline(PipelineName=name)


def test_a_sample_is_read_with_its_dependencies(cloud: Cloud) -> None:
    steps = read_and_check(sample(cloud, "lines")).steps
    assert tuple(name for name in steps if name != "TooBad") == ALL
    assert {name: set(one.needs) for name, one in steps.items()} == {
        "Prepare": set(),
        "Train": {"Prepare"},
        "Evaluate": {"Prepare", "Train"},
        "Decide": {"Evaluate"},
        "Create": {"Train"},
        "Register": {"Evaluate", "Train"},
        "Transform": {"Create"},
        "TooBad": set(),
    }
    assert steps["Transform"].branch == Branch("Decide", True)
    assert steps["TooBad"].branch == Branch("Decide", False)


def test_a_long_chain_is_no_ring() -> None:
    chain = [{**fail(f"S{number}"), "DependsOn": [f"S{number + 1}"]} for number in range(3000)]
    assert len(read_and_check(definition(*chain, fail("S3000"))).steps) == 3001


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT1H", 3600), ("P30D", 30 * 86400), ("30d", 30 * 86400), ("T16m", 960), ("30dT5h", 30 * 86400 + 5 * 3600)],
)
def test_a_duration_is_read_with_and_without_its_p(text: str, seconds: int) -> None:
    assert durations.read(text).total_seconds() == seconds


@pytest.mark.parametrize("path", ["a..b", "a[", "a['b", "a b", ".", "[-1]"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(AwsError, match="Invalid"):
        list(references.split_path(path))


def test_references_are_found_however_deep() -> None:
    value = {
        "a": [join("-", "x", get("Parameters.A"), join("", get("Steps.B.ModelName")))],
        "c": get("Steps.D.ModelArn"),
    }
    assert [reference.text for reference in references.within(value)] == [
        "Parameters.A",
        "Steps.B.ModelName",
        "Steps.D.ModelArn",
    ]
    assert references.steps_within(value) == {"B", "D"}
