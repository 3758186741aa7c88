"""Requests are held to botocore's models, in AWS's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.loaders import Loader

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import JsonService, read, validate
from local_sagemaker.protocol.patterns import compiled
from local_sagemaker.sagemaker.resources.request_members import SAGEMAKER

ROLE = "arn:aws:iam::123456789012:role/local"


def refusal(operation: str, parameters: dict[str, Any], service: str = "sagemaker") -> AwsError:
    with pytest.raises(AwsError) as caught:
        validate(service, operation, parameters)
    return caught.value


def test_good_request_passes() -> None:
    validate("sagemaker", "CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE, "Containers": [{"Image": "i"}]})


def test_broken_pattern_is_worded_as_in_aws() -> None:
    error = refusal("DeleteModel", {"ModelName": "no spaces"})
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value 'no spaces' at 'modelName' failed to satisfy constraint: Member must "
        "satisfy regular expression pattern: [a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?"
    )


def test_pattern_must_match_the_whole_value() -> None:
    assert "regular expression" in refusal("DeleteModel", {"ModelName": "good/bad"}).message


def test_every_broken_constraint_is_counted() -> None:
    error = refusal("DescribeEndpoint", {"EndpointName": "-" + "x" * 63})
    assert error.message.startswith("2 validation errors detected: Value '-xxx")
    assert "Member must have length less than or equal to 63; Value '-xxx" in error.message


def test_missing_member_is_null_at_its_place() -> None:
    variants = [{"VariantName": "v", "ModelName": "m"}, {"ModelName": "m"}]
    error = refusal("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": variants})
    assert error.message == (
        "1 validation error detected: Value null at 'productionVariants.2.member.variantName' failed to satisfy "
        "constraint: Member must not be null"
    )


@pytest.mark.parametrize(("count", "bound"), [(0, "greater than or equal to 1"), (-3, "greater than or equal to 1")])
def test_number_below_its_minimum_is_refused(count: int, bound: str) -> None:
    error = refusal("ListModels", {"MaxResults": count})
    assert f"Value '{count}' at 'maxResults'" in error.message
    assert f"Member must have value {bound}" in error.message


def test_number_above_its_maximum_is_refused() -> None:
    assert "Member must have value less than or equal to 100" in refusal("ListModels", {"MaxResults": 101}).message


def test_value_outside_an_enumeration_is_refused() -> None:
    error = refusal("ListModels", {"SortOrder": "Sideways"})
    assert "Value 'Sideways' at 'sortOrder'" in error.message
    assert "Member must satisfy enum value set: [Ascending, Descending]" in error.message


def test_empty_and_overlong_lists_are_refused() -> None:
    assert (
        "length greater than or equal to 1"
        in refusal("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": []}).message
    )
    many = [{"Image": "i"}] * 16
    error = refusal("CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE, "Containers": many})
    assert (
        "at 'containers' failed to satisfy constraint: Member must have length less than or equal to 15"
        in error.message
    )


def test_map_value_is_named_by_its_map() -> None:
    container = {"Image": "i", "Environment": {"A": "x" * 1025}}
    error = refusal("CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": container})
    assert "at 'primaryContainer.environment' failed to satisfy constraint: Map value must satisfy constraint: [" in (
        error.message
    )


def test_map_key_is_named_by_its_map() -> None:
    container = {"Image": "i", "Environment": {"1A": "x"}}
    error = refusal("CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": container})
    assert "Map keys must satisfy constraint: [" in error.message


def test_list_of_strings_is_refused_as_a_whole() -> None:
    subnets = {"SecurityGroupIds": ["sg-1"], "Subnets": ["bad subnet"]}
    error = refusal("CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE, "VpcConfig": subnets})
    assert (
        "Value '[bad subnet]' at 'vpcConfig.subnets' failed to satisfy constraint: Member must satisfy constraint: ["
        in (error.message)
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ModelName": 7}, "NUMBER_VALUE can not be converted to a String"),
        ({"ModelName": ["m"]}, "START_ARRAY can not be converted to a String"),
        ({"ModelName": "m", "ExecutionRoleArn": ROLE, "Containers": {}}, "START_OBJECT can not be converted to a List"),
        ({"ModelName": "m", "EnableNetworkIsolation": "yes"}, "STRING_VALUE can not be converted to a Boolean"),
    ],
)
def test_other_type_is_a_serialization_error(parameters: dict[str, Any], message: str) -> None:
    error = refusal("CreateModel", parameters)
    assert (error.code, error.message) == ("SerializationException", message)


def test_boolean_is_no_number() -> None:
    assert refusal("ListModels", {"MaxResults": True}).code == "SerializationException"


def test_validation_error_of_logs_has_its_own_code() -> None:
    assert refusal("CreateLogGroup", {"logGroupName": "no spaces"}, "logs").code == "InvalidParameterException"


def test_tags_hold_letters_of_any_script_and_no_control_characters() -> None:
    tag = {"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m", "Tags": [{"Key": "größe", "Value": "小"}]}
    validate("sagemaker", "AddTags", tag)
    assert "Value 'a\nb'" in refusal("AddTags", {**tag, "Tags": [{"Key": "k", "Value": "a\nb"}]}).message


def test_times_arrive_as_datetimes_and_unknown_members_are_dropped() -> None:
    values = read("sagemaker", "ListModels", {"CreationTimeAfter": 1700000000.5, "Surprise": 1})
    assert values == {"CreationTimeAfter": datetime.fromtimestamp(1700000000.5, UTC)}


def test_null_counts_as_absent() -> None:
    assert read("sagemaker", "ListModels", {"NameContains": None}) == {}


def test_answer_holds_times_as_seconds() -> None:
    moment = datetime.fromtimestamp(1700000000.25, UTC)
    service = JsonService(
        "sagemaker", {"DescribeModel": lambda parameters: {**parameters, "CreationTime": moment}}, SAGEMAKER
    )
    answer = json.loads(service.call("DescribeModel", b'{"ModelName": "m"}'))
    assert answer == {"ModelName": "m", "CreationTime": 1700000000.25}


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff", b"[" * 100_000])
def test_body_that_is_no_json_object_is_a_serialization_error(body: bytes) -> None:
    with pytest.raises(AwsError) as caught:
        JsonService("sagemaker", {"DescribeModel": dict}, SAGEMAKER).call("DescribeModel", body)
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize(("service", "skipped"), [("sagemaker", 6), ("logs", 0)])
def test_few_patterns_of_a_model_are_beyond_python(service: str, skipped: int) -> None:
    shapes = Loader().load_service_model(service, "service-2")["shapes"]
    patterns = {shape["pattern"] for shape in shapes.values() if "pattern" in shape}
    assert len(patterns) > 20
    assert sum(compiled(pattern) is None for pattern in patterns) == skipped


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 10**30])
def test_number_that_its_type_cannot_hold_is_refused(number: int) -> None:
    error = refusal("ListModels", {"MaxResults": number})
    assert (error.code, "out of range of integer" in error.message) == ("SerializationException", True)


@pytest.mark.parametrize("body", [b'{"ModelName": "\\ud800"}', b'{"MaxResults": NaN}', b"[" * 100_000, b"[]", b"{"])
def test_what_is_no_json_object_of_texts_and_numbers_is_refused(body: bytes) -> None:
    service = JsonService("sagemaker", {"ListModels": lambda parameters: parameters}, SAGEMAKER)
    with pytest.raises(AwsError) as caught:
        service.call("ListModels", body)
    assert caught.value.code == "SerializationException"
