"""The WSGI application: who may come in, who answers, and how errors look."""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local_sagemaker import __version__, fingerprint
from local_sagemaker.daemon import RunningServer
from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import HEADERS_KEY, Request, Response
from local_sagemaker.http.origin_check import OriginCheck
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.server.application import Application
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import ClientFactory
from tests.local_sagemaker.wire import connect, exchange, send, signed_for


def test_health_says_whose_server_it_is(server: RunningServer) -> None:
    answer = send(server, "GET", "/_local/health")
    assert answer.status == 200
    facts = json.loads(answer.body)
    assert (facts["pid"], facts["state"]) == (server.pid, str(server.state))
    assert (facts["version"], facts["code"]) == (__version__, fingerprint.facts())


def test_localhost_is_a_name_of_ours(server: RunningServer) -> None:
    port = urlsplit(server.url).port
    assert send(server, "GET", "/_local/health", {"Host": f"localhost:{port}"}).status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0", ""])
def test_foreign_host_is_refused(server: RunningServer, host: str) -> None:
    answer = send(server, "GET", "/", {"Host": host})
    assert answer.status == 403
    assert b"AccessDenied" in answer.body


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "null", "http://127.0.0.1:1"])
def test_foreign_origin_is_refused(server: RunningServer, origin: str) -> None:
    assert send(server, "POST", "/", {"Origin": origin, **signed_for("sts")}, b"Action=GetCallerIdentity").status == 403


def test_own_origin_may_come_in(server: RunningServer) -> None:
    assert send(server, "GET", "/", {"Origin": server.url}).status == 200


def test_link_from_another_site_is_refused(server: RunningServer) -> None:
    assert send(server, "GET", "/", {"Sec-Fetch-Site": "cross-site"}).status == 403


def test_refused_upload_leaves_the_connection_fit_for_use(server: RunningServer) -> None:
    connection = connect(server)
    for body in (b"x" * 300_000, iter([b"x" * 100_000] * 3)):
        refused = exchange(connection, "PUT", "/no-such-bucket/key", signed_for("s3"), body)
        assert (refused.status, b"NoSuchBucket" in refused.body) == (404, True)
        assert exchange(connection, "GET", "/_local/health").status == 200
    connection.close()


def test_malformed_chunks_end_the_connection_with_an_error(server: RunningServer) -> None:
    connection = connect(server)
    connection.putrequest("PUT", "/no-such-bucket/key")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders(b"not a size\r\n")
    response = connection.getresponse()
    assert response.status in (400, 404)
    assert response.getheader("Connection") == "close"
    connection.close()


def test_client_that_waits_for_continue_is_told_to_go_on(server: RunningServer, bucket: str) -> None:
    connection = connect(server)
    connection.putrequest("PUT", f"/{bucket}/key")
    connection.putheader("Content-Length", "5")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n")
    connection.send(b"hello")
    assert connection.getresponse().status == 200
    connection.close()


def test_every_answer_carries_a_request_id(server: RunningServer) -> None:
    ids = {
        send(server, "GET", "/").headers["x-amz-request-id"],
        send(server, "GET", "/no-such-bucket/key").headers["x-amz-request-id"],
        send(server, "POST", "/", {**signed_for("sagemaker"), "X-Amz-Target": "SageMaker.ListModels"}, b"{}").headers[
            "x-amzn-requestid"
        ],
        send(server, "POST", "/", signed_for("sts"), b"Action=GetCallerIdentity").headers["x-amzn-requestid"],
    }
    assert len(ids) == 4


def test_error_of_a_json_service_is_json(server: RunningServer) -> None:
    headers = {**signed_for("logs"), "X-Amz-Target": "Logs_20140328.CreateLogGroup"}
    answer = send(server, "POST", "/", headers, b'{"logGroupName": ""}')
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "InvalidParameterException")
    body = json.loads(answer.body)
    assert body["__type"] == "InvalidParameterException"
    assert "Member must have length greater than or equal to 1" in body["message"]


FORM = "application/x-www-form-urlencoded"


def test_a_form_sent_to_an_endpoint_is_a_body_like_any_other(client: ClientFactory, server: RunningServer) -> None:
    """It is what `curl -d` says its data is."""
    with pytest.raises(ClientError) as caught:
        client("sagemaker-runtime").invoke_endpoint(EndpointName="absent", Body=b"a=b", ContentType=FORM)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    answer = send(server, "POST", "/endpoints/absent/invocations", {"Content-Type": FORM}, b"a=b")
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "ValidationError")


def test_an_unsigned_invocation_is_one(server: RunningServer) -> None:
    answer = send(server, "POST", "/endpoints/absent/invocations", {"Content-Type": "text/csv"}, b"x")
    assert answer.status == 400
    assert json.loads(answer.body)["message"] == "Endpoint absent of account 123456789012 not found."
    assert b"ListBucketResult" not in send(server, "GET", "/endpoints/absent/invocations").body


def test_json_request_without_bounds_is_refused(server: RunningServer) -> None:
    headers = {**signed_for("logs"), "X-Amz-Target": "Logs_20140328.CreateLogGroup"}
    assert send(server, "POST", "/", headers, iter([b" " * 1_000_000] * 11)).status == 413


def test_logs_operation_that_is_not_ours_is_refused_by_name(client: ClientFactory) -> None:
    with pytest.raises(ClientError, match=r"UnknownOperationException.*PutRetentionPolicy"):
        client("logs").put_retention_policy(logGroupName="group", retentionInDays=1)


class _S3:
    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def answer(self, request: Request) -> Response:
        raise self._failure

    def error(self, error: AwsError, request: Request, request_id: str) -> Response:
        return Response(error.status, {}, f"{error.code}: {error.message}".encode())


class _Nothing:
    service = JsonService("sagemaker", {}, {})
    invocations: ClassVar[dict[str, Any]] = {}

    def refused(self, operation: str, method: str, path: str) -> AwsError:
        raise NotImplementedError

    def answer(self, request: Request) -> Response:
        raise NotImplementedError


class _NoBody:
    def read(self, size: int) -> bytes:
        return b""


def _failing(state: StateDirectory, failure: Exception) -> Application:
    return Application(
        OriginCheck(1), state, _Nothing(), _S3(failure), JsonService("logs", {}, {}), _Nothing(), invocations=1
    )


def _call(application: Application) -> tuple[str, bytes]:
    environ = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/bucket/key",
        "QUERY_STRING": "",
        HEADERS_KEY: {"host": "127.0.0.1:1"},
        "wsgi.input": _NoBody(),
    }
    statuses: list[str] = []
    body = b"".join(application(environ, lambda status, headers: statuses.append(status)))
    return statuses[0], body


def test_failure_of_ours_is_one_line_for_the_client_and_a_trace_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status, body = _call(_failing(StateDirectory(tmp_path), ZeroDivisionError("secret")))
    assert status.startswith("500")
    assert body.startswith(b"InternalFailure: The local SageMaker failed; its log ")
    assert b"secret" not in body
    assert "ZeroDivisionError: secret" in caplog.text


def _sqlite_full() -> Exception:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    return error


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), _sqlite_full()], ids=["file", "database"])
def test_full_disk_is_named(tmp_path: Path, failure: Exception) -> None:
    status, body = _call(_failing(StateDirectory(tmp_path), failure))
    assert status.startswith("507")
    assert f"The disk that holds {tmp_path} is full" in body.decode()


def test_nothing_is_begun_while_the_server_stops(tmp_path: Path) -> None:
    application = _failing(StateDirectory(tmp_path), ZeroDivisionError())
    application.close()
    assert _call(application)[0].startswith("503")
