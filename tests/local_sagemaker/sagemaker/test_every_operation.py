"""Every operation of SageMaker, over HTTP: executed, kept, or refused by its name; never moto's, never a failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker import daemon
from local_sagemaker.daemon import RunningServer
from local_sagemaker.protocol import aws_operations
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.state import StateDirectory
from tests import operations_page
from tests.local_sagemaker.conftest import client_of
from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.sagemaker.smallest_requests import smallest_request
from tests.local_sagemaker.wire import send, signed_for

ANSWERED = operations_page.answered()
OPERATIONS = [(service, name) for service, operations in ANSWERED.items() for name in operations]


@pytest.fixture(scope="module")
def without_moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose moto cannot be imported: what would be asked of it fails."""
    folder, patch = tmp_path_factory.mktemp("broken"), pytest.MonkeyPatch()
    (folder / "moto.py").write_text("raise ImportError('moto is broken')\n")
    patch.setenv("PYTHONPATH", str(folder))
    patch.delenv("SAGEMAKER_LOCAL_PORT", raising=False)
    state = StateDirectory(tmp_path_factory.mktemp("without-moto") / "state")
    try:
        yield daemon.ensure_running(state)
    finally:
        daemon.stop(state)
        patch.undo()


def asked(client: Any, service: str, operation: str) -> dict[str, Any]:
    """Send the smallest request of an operation, and return the error that it was answered, empty if there was none."""
    parameters = smallest_request(aws_operations.of_family("sagemaker")[service][operation])
    try:
        client._make_api_call(operation, parameters)
    except ClientError as error:
        return {"Status": error.response["ResponseMetadata"]["HTTPStatusCode"], **error.response["Error"]}
    return {}


@pytest.fixture(scope="module")
def errors(without_moto: RunningServer) -> dict[tuple[str, str], dict[str, Any]]:
    clients = {service: client_of(without_moto, service) for service in ANSWERED}
    return {(service, name): asked(clients[service], service, name) for service, name in OPERATIONS}


def test_the_server_of_these_tests_has_no_moto(without_moto: RunningServer) -> None:
    answer = send(without_moto, "POST", "/", signed_for("sqs"), b"Action=ListQueues")
    assert answer.status == 500


def test_no_operation_fails(errors: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert len(errors) >= 475
    assert {place: error for place, error in errors.items() if error and error["Status"] >= 500} == {}


def test_what_is_refused_is_refused_by_its_name_and_says_where_the_list_is(
    errors: dict[tuple[str, str], dict[str, Any]],
) -> None:
    for service, operation in OPERATIONS:
        if ANSWERED[service][operation] is Answered.REFUSED:
            error = errors[service, operation]
            assert (error["Status"], error["Code"]) == (400, "UnknownOperationException"), (operation, error)
            assert error["Message"].startswith(f"{operation} is not part of the local SageMaker. ")
            assert "docs/operations.md" in error["Message"]


@pytest.mark.parametrize(
    ("operation", "instead"),
    [
        ("CreateInferenceExperiment", "Make an endpoint of each model"),
        ("CreateMonitoringSchedule", "Run the check as a processing job"),
        ("CreateDataQualityJobDefinition", "Run the check as a processing job"),
        ("CreateInferenceRecommendationsJob", "instances are not told apart"),
        ("CreateFeatureGroup", "files in S3"),
        ("CreateModelCard", "CustomerMetadataProperties"),
    ],
)
def test_what_samples_ask_for_is_refused_with_what_to_do_instead(
    errors: dict[tuple[str, str], dict[str, Any]], operation: str, instead: str
) -> None:
    assert instead in errors["sagemaker", operation]["Message"]


def test_what_is_executed_or_kept_is_known(errors: dict[tuple[str, str], dict[str, Any]]) -> None:
    known = {place: error for place, error in errors.items() if ANSWERED[place[0]][place[1]] is not Answered.REFUSED}
    assert {place for place, error in known.items() if "UnknownOperation" in error.get("Code", "")} == set()
    assert ("sagemaker", "ListModels") in known
    assert errors["sagemaker", "ListModels"] == {}


def test_what_no_model_has_is_refused(server: RunningServer) -> None:
    target = {**signed_for("sagemaker"), "X-Amz-Target": "SageMaker.CreateColour"}
    refused = send(server, "POST", "/", target, b"{}")
    assert (refused.status, b"CreateColour is not part" in refused.body) == (400, True)
    refused = send(server, "GET", "/colours", signed_for("sagemaker"))
    assert (refused.status, b"GET /colours is not part" in refused.body) == (400, True)


def test_a_request_that_is_signed_for_something_else_does_not_reach_motos_sagemaker(server: RunningServer) -> None:
    target = {**signed_for("sts"), "X-Amz-Target": "SageMaker.CreateHumanTaskUi"}
    assert b"CreateHumanTaskUi is not part" in send(server, "POST", "/", target, b"{}").body


def test_tags_of_what_is_not_there_are_refused(cloud: Cloud) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:feature-group/colours"
    with pytest.raises(ClientError, match="does not exist"):
        cloud.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])


def test_the_documented_list_is_that_of_the_code() -> None:
    assert operations_page.PAGE.read_text(encoding="utf-8") == operations_page.page(), (
        "run python -m tests.operations_page"
    )
