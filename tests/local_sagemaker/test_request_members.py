"""No member of a request is ignored without a word: honoured, declared to say nothing here, or refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from local_sagemaker import cloudformation, logs, sagemaker
from local_sagemaker.cloudformation.request_members import CLOUDFORMATION
from local_sagemaker.cloudwatch.request_members import CLOUDWATCH
from local_sagemaker.daemon import RunningServer
from local_sagemaker.logs.request_members import LOGS
from local_sagemaker.protocol.members import Members
from local_sagemaker.s3.messages.addressing import SUB_RESOURCES
from local_sagemaker.s3.request_members import S3
from local_sagemaker.sagemaker.experiments.request_members import METRICS
from local_sagemaker.sagemaker.resources.request_members import RUNTIME
from local_sagemaker.sagemaker.service import MEMBERS as SAGEMAKER
from local_sagemaker.scaling.request_members import SCALING
from local_sagemaker.scheduler.request_members import SCHEDULER
from tests import requests_page
from tests.local_sagemaker.conftest import ClientFactory
from tests.local_sagemaker.wire import Answer, send, signed_for

JSON_SERVICES: Mapping[str, Mapping[str, Members]] = {
    "cloudformation": CLOUDFORMATION,
    "cloudwatch": CLOUDWATCH,
    "logs": LOGS,
    "sagemaker": SAGEMAKER,
    "sagemaker-metrics": METRICS,
    "scheduler": SCHEDULER,
    "application-autoscaling": SCALING,
}
HEADERS_OF_ANY_REQUEST = {
    *("content-length", "content-type", "content-md5", "cache-control", "content-disposition", "content-encoding"),
    *("content-language", "expires"),
}
OPERATIONS = [(service, operation) for service, listed in JSON_SERVICES.items() for operation in listed]


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def leaves(shape: Shape | None, place: str = "", above: tuple[str, ...] = ()) -> Iterator[str]:
    """Name the members of a structure that hold values: what lies in lists of structures, too.

    A structure within itself (the parts of a search's expression) counts as a value.
    """
    if shape is None:
        return
    if shape.type_name == "list":
        yield from leaves(shape.member, place, above)  # type: ignore[attr-defined]
    elif shape.type_name == "structure" and shape.members and shape.name not in above:  # type: ignore[attr-defined]
        for name, member in shape.members.items():  # type: ignore[attr-defined]
            yield from leaves(member, f"{place}.{name}" if place else name, (*above, shape.name))
    else:
        yield place


def request_of(member: str) -> dict[str, Any]:
    """Make a request that says one thing."""
    first, _, rest = member.partition(".")
    return {first: request_of(rest) if rest else "something"}


def source_of(package: Any) -> str:
    folder = Path(package.__file__).parent
    lists = [
        path for path in folder.rglob("*.py") if path.name == "request_members.py" or path.parent.name == "members"
    ]
    return "".join(path.read_text() for path in folder.rglob("*.py") if path not in lists)


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_every_member_of_botocores_model_is_taken_or_refused_by_name(service: str, operation: str) -> None:
    members = JSON_SERVICES[service][operation]
    known = set(leaves(model(service).operation_model(operation).input_shape))
    assert members.listed <= known, "the list names what no request has"
    for member in known - members.listed:
        [unheard] = members.unheard(request_of(member))
        assert member.startswith(unheard)
        assert members.advice(unheard).endswith(".")


def test_every_refusal_of_a_member_begins_with_what_to_do() -> None:
    asked = re.compile("(call|compute|create|give|have|leave|make|put|run|shuffle|start|use|write) ")
    for members in [each for listed in (*JSON_SERVICES.values(), RUNTIME) for each in listed.values()]:
        for member, advice in members.instead.items():
            assert asked.match(advice), f"{member}: {advice}"


def test_what_is_listed_is_listed_once() -> None:
    for members in [each for listed in (*JSON_SERVICES.values(), RUNTIME) for each in listed.values()]:
        names = [*members.honoured.split(), *members.reasons, *members.only]
        assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("package", "service"),
    [(cloudformation, "cloudformation"), (logs, "logs"), (sagemaker, "sagemaker")],
)
def test_what_is_called_honoured_is_read_somewhere(package: Any, service: str) -> None:
    source = source_of(package)
    for operation, members in JSON_SERVICES[service].items():
        for member in members.honoured.split():
            name = member.rpartition(".")[2]
            assert f'"{name}"' in source, f"nothing reads {operation}'s {member}"


def test_every_header_of_invoke_endpoint_is_taken_or_refused() -> None:
    shape = model("sagemaker-runtime").operation_model("InvokeEndpoint").input_shape
    assert shape is not None
    headers = {
        member.serialization["name"]
        for member in shape.members.values()
        if member.serialization.get("location") == "header"
    }
    assert RUNTIME["InvokeEndpoint"].listed <= headers
    for header in headers - RUNTIME["InvokeEndpoint"].listed:
        assert header.lower().startswith("x-amzn-sagemaker-"), "a header that would be ignored"


def wire_name(name: str, member: Shape) -> str | None:
    """Name the header or parameter of a member; None where it is in the path or the body, or chooses the operation."""
    place = member.serialization.get("location")
    wire = str(member.serialization.get("name", name))
    return None if place in (None, "uri") or wire in SUB_RESOURCES else wire.lower()


@pytest.mark.parametrize("operation", S3)
def test_every_header_and_parameter_of_s3_is_taken_or_refused_by_name(operation: str) -> None:
    shape = model("s3").operation_model(operation).input_shape
    known = {wire for name, member in shape.members.items() if (wire := wire_name(name, member))} if shape else set()
    if "x-amz-sdk-checksum-algorithm" in known:  # botocore adds the header of the algorithm
        known |= {name for name in S3["PutObject"].listed if name.startswith("x-amz-checksum-")}
    assert S3[operation].listed <= known | HEADERS_OF_ANY_REQUEST
    for wire in known - S3[operation].listed - HEADERS_OF_ANY_REQUEST:
        assert list(S3[operation].unheard({wire: "x"})) == [wire]


def test_the_list_of_s3_is_that_of_its_operations(server: RunningServer) -> None:
    for operation in S3:
        http = model("s3").operation_model(operation).http
        path = http["requestUri"].replace("{Bucket}", "no-such-bucket").replace("{Key+}", "key")
        sides = {"UploadPart": "partNumber=1&uploadId=u", "UploadPartCopy": "partNumber=1&uploadId=u"}
        sides |= dict.fromkeys(("AbortMultipartUpload", "CompleteMultipartUpload", "ListParts"), "uploadId=u")
        query = [part for part in (path.partition("?")[2], sides.get(operation, "")) if part]
        headers = {**signed_for("s3"), "x-amz-colour": "red"}
        if "Copy" in operation:
            headers["x-amz-copy-source"] = "a/b"
        answer = send(server, http["method"], f"{path.partition('?')[0]}?{'&'.join(query)}", headers)
        assert answer.status == 501, (operation, answer.body)
        assert http["method"] == "HEAD" or f"x-amz-colour in {operation}" in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("DELETE", "/bucket/key", {"If-Match": '"0"'}),
        ("GET", "/bucket/key", {"x-amz-server-side-encryption-customer-algorithm": "AES256"}),
        ("PUT", "/bucket/key", {"x-amz-object-lock-mode": "GOVERNANCE"}),
        ("PUT", "/bucket/key?x-amz-meta-colour=red", {}),
        ("GET", "/bucket?encoding-type=url&uploads", {}),
    ],
)
def test_s3_does_nothing_that_was_meant_otherwise(
    server: RunningServer, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = send(server, method, path, {**signed_for("s3"), **headers})
    assert (answer.status, b"NotImplemented" in answer.body) == (501, True)


def test_a_bucket_of_somebody_else_is_denied(server: RunningServer, bucket: str) -> None:
    def status(owner: str) -> int:
        return send(server, "GET", f"/{bucket}", {**signed_for("s3"), "x-amz-expected-bucket-owner": owner}).status

    assert (status("123456789012"), status("210987654321")) == (200, 403)


def test_a_bucket_is_not_made_elsewhere(client: ClientFactory) -> None:
    with pytest.raises(ClientError, match="IllegalLocationConstraintException"):
        client("s3").create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def test_an_object_is_not_deleted_under_a_condition_that_nobody_checks(client: ClientFactory, bucket: str) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "key", "ETag": "0" * 32}]})
    assert refused["Errors"][0]["Code"] == "NotImplemented"
    assert s3.head_object(Bucket=bucket, Key="key")["ContentLength"] == 1


def asked(server: RunningServer, operation: str, request: dict[str, Any], prefix: str = "SageMaker.") -> Answer:
    service = "sagemaker" if prefix == "SageMaker." else "logs"
    headers = {**signed_for(service), "X-Amz-Target": prefix + operation, "Content-Type": "application/x-amz-json-1.1"}
    return send(server, "POST", "/", headers, json.dumps(request).encode())


def test_a_member_that_only_a_newer_botocore_knows_is_refused_by_name(server: RunningServer) -> None:
    refused = asked(server, "ListModels", {"ColourEquals": "red"})
    assert (refused.status, json.loads(refused.body)["__type"]) == (400, "ValidationException")
    assert "does not support ColourEquals in ListModels" in json.loads(refused.body)["message"]
    config = {"EndpointConfigName": "c", "ProductionVariants": [{"VariantName": "v", "ModelName": "m", "Colour": 1}]}
    assert (
        "ProductionVariants.Colour in CreateEndpointConfig"
        in asked(server, "CreateEndpointConfig", config).body.decode()
    )
    refused = asked(server, "CreateLogGroup", {"logGroupName": "g", "colour": "red"}, "Logs_20140328.")
    assert (refused.status, json.loads(refused.body)["__type"]) == (400, "InvalidParameterException")


def test_null_says_nothing(server: RunningServer) -> None:
    assert asked(server, "ListModels", {"ColourEquals": None}).status == 200


def test_a_header_that_only_a_newer_botocore_knows_is_refused_by_name(server: RunningServer) -> None:
    headers = {**signed_for("sagemaker"), "X-Amzn-SageMaker-Colour": "red"}
    refused = send(server, "POST", "/endpoints/e/invocations", headers, b"x")
    assert (refused.status, json.loads(refused.body)["__type"]) == (400, "ValidationError")
    assert "x-amzn-sagemaker-colour" in json.loads(refused.body)["message"]


@pytest.mark.parametrize(
    ("operation", "request_", "named"),
    [
        ("CreateTrainingJob", {"RemoteDebugConfig": {"EnableRemoteDebug": True}}, "EnableRemoteDebug=True"),
        (
            "UpdateEndpoint",
            {"DeploymentConfig": {"RollingUpdatePolicy": {"RollbackMaximumBatchSize": {"Value": 1}}}},
            "RollingUpdatePolicy.RollbackMaximumBatchSize",
        ),
    ],
)
def test_what_would_change_the_outcome_is_refused(operation: str, request_: dict[str, Any], named: str) -> None:
    [unheard] = SAGEMAKER[operation].unheard(request_)
    assert unheard.endswith(named)


def test_the_documented_lists_are_those_of_the_code() -> None:
    assert requests_page.PAGE.read_text(encoding="utf-8") == requests_page.page(), "run python -m tests.requests_page"
