"""The query protocol both ways, against what botocore itself writes and reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from local_sagemaker.protocol import query_form, query_xml
from local_sagemaker.protocol.json_service import service_model

REQUEST: dict[str, Any] = {
    "StackName": "s",
    "TemplateBody": "a=1&b=2\n",
    "Parameters": [{"ParameterKey": f"k{number}", "UsePreviousValue": True} for number in range(11)],
    "DisableRollback": False,
    "TimeoutInMinutes": 5,
    "Tags": [{"Key": "k.1", "Value": ""}],
    "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
}


def form_of(service: str, operation: str, request: dict[str, Any]) -> dict[str, str]:
    model = service_model(service).operation_model(operation)
    made = create_serializer("query", include_validation=False).serialize_to_request(request, model)
    return {name: str(value) for name, value in made["body"].items()}


def test_a_request_is_read_as_it_was_meant() -> None:
    shape = service_model("cloudformation").operation_model("CreateStack").input_shape
    assert query_form.parameters(form_of("cloudformation", "CreateStack", REQUEST), shape) == REQUEST


def test_maps_and_empty_lists_are_read() -> None:
    shape = service_model("sns").operation_model("CreateTopic").input_shape
    request = {"Name": "n", "Attributes": {"DisplayName": "d", "Policy": "p"}, "Tags": []}
    assert query_form.parameters(form_of("sns", "CreateTopic", request), shape) == request


def test_a_name_that_nobody_knows_is_kept_to_be_refused() -> None:
    shape = service_model("cloudformation").operation_model("CreateStack").input_shape
    form = {"Action": "CreateStack", "Version": "1", "Colour": "red", "Tags.member.1.Colour": "blue"}
    assert query_form.parameters(form, shape) == {"Colour": "red", "Tags": [{"Colour": "blue"}]}


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("CreateStack", {"StackId": "<&>\u00e9"}),
        ("DeleteStack", {}),
        (
            "DescribeStacks",
            {
                "Stacks": [
                    {
                        "StackName": "s",
                        "CreationTime": datetime(2026, 1, 2, 3, 4, 5, 678000, UTC),
                        "StackStatus": "CREATE_COMPLETE",
                        "DisableRollback": True,
                        "Tags": [{"Key": "k", "Value": "v"}],
                        "Outputs": [],
                    }
                ]
            },
        ),
    ],
)
def test_an_answer_is_read_by_a_client_as_it_was_meant(operation: str, answer: dict[str, Any]) -> None:
    model = service_model("cloudformation").operation_model(operation)
    body = query_xml.document(model, answer, "id")
    found = create_parser("query").parse({"headers": {}, "status_code": 200, "body": body}, model.output_shape)
    assert found.pop("ResponseMetadata")["RequestId"] == "id"
    assert found == answer
