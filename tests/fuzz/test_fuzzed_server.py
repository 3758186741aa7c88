"""The local SageMaker on anything, over HTTP: it never fails on what a client sends, and always answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from hypothesis import strategies as st

from local_sagemaker.daemon import RunningServer
from tests.fuzz.anything import any_text, damaged, header_values, json_values
from tests.fuzz.campaign import fuzzed
from tests.local_sagemaker.conftest import client, s3, server, state  # noqa: F401  (fixtures)
from tests.local_sagemaker.wire import Answer, connect, exchange, signed_for

BUCKET = "fuzz"
OPERATIONS = {
    "sagemaker": [
        *(f"{verb}{kind}" for verb in ("Create", "Describe", "Stop") for kind in ("TrainingJob", "TransformJob")),
        *(
            f"{verb}{kind}"
            for verb in ("Create", "Describe", "Delete")
            for kind in ("Model", "EndpointConfig", "Endpoint")
        ),
        *("ListTrainingJobs", "ListTransformJobs", "ListModels", "ListEndpointConfigs", "ListEndpoints"),
        *(
            "UpdateEndpoint",
            "UpdateEndpointWeightsAndCapacities",
            "DeleteTrainingJob",
            "AddTags",
            "ListTags",
            "DeleteTags",
        ),
    ],
    "logs": [
        *("CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams", "PutLogEvents"),
        *("GetLogEvents", "FilterLogEvents", "DeleteLogGroup", "DeleteLogStream"),
    ],
}
PREFIXES = {"sagemaker": "SageMaker.", "logs": "Logs_20140328."}
MODELS = {service: ServiceModel(Loader().load_service_model(service, "service-2"), service) for service in OPERATIONS}
NAMES = ["a", "fuzz", "group", "stream", "f/1/2", "arn:aws:sagemaker:us-east-1:123456789012:model/a", "s3://fuzz/key"]
anything_at_all = json_values | st.sampled_from([-1, 10**30, 1e308, "\ud800", [{}], {"": ""}])


def values_of(shape: Shape | None, depth: int = 0) -> st.SearchStrategy[Any]:
    """Make values of a shape, most of the time."""
    if shape is None or depth > 5:
        return anything_at_all
    of_type = _values(shape, depth)
    return st.integers(0, 15).flatmap(lambda chance: anything_at_all if chance == 0 else of_type)


def _values(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    def later(inner: Shape) -> st.SearchStrategy[Any]:
        return st.deferred(lambda: values_of(inner, depth + 1))

    match shape.type_name:
        case "structure":
            members = {name: later(member) for name, member in shape.members.items()}
            required = {name: member for name, member in members.items() if name in shape.required_members}
            optional = {name: member for name, member in members.items() if name not in required}
            return st.fixed_dictionaries(required, optional=optional)
        case "list":
            return st.lists(later(shape.member), max_size=3)
        case "map":
            return st.dictionaries(st.sampled_from(NAMES) | any_text, later(shape.value), max_size=3)
        case "string":
            return st.sampled_from(shape.enum or NAMES) | st.sampled_from(NAMES) | any_text
        case "boolean":
            return st.booleans()
        case _:
            return st.sampled_from([0, 1, 2, 10**12, 2**63, 10**30, 0.5]) | st.integers() | st.floats(allow_nan=False)


ROUTES = [
    *(("GET", "/", {}), ("GET", "/fuzz", {}), ("GET", "/fuzz", {"list-type": "2"}), ("HEAD", "/fuzz", {})),
    *(("GET", "/fuzz", {"location": ""}), ("POST", "/fuzz", {"delete": ""}), ("GET", "/fuzz", {"uploads": ""})),
    *(("PUT", "/fuzz/key", {}), ("GET", "/fuzz/key", {}), ("HEAD", "/fuzz/key", {}), ("DELETE", "/fuzz/other", {})),
    *((method, "/fuzz/key", {"tagging": ""}) for method in ("GET", "PUT", "DELETE")),
    *(("POST", "/fuzz/key", {"uploads": ""}), ("PUT", "/fuzz/key", {"uploadId": "UPLOAD", "partNumber": "1"})),
    *((method, "/fuzz/key", {"uploadId": "UPLOAD"}) for method in ("POST", "GET")),
]
"""S3's operations; `UPLOAD` stands for the id of an upload that is there."""
routes: st.SearchStrategy[tuple[str, str, dict[str, str]]] = st.sampled_from(ROUTES) | st.tuples(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"]),
    st.sampled_from(
        ["/fuzz//", "/fuzz/../key", "//", "/fuzz/%00", "/fuzz/%FF", "/fuzz/" + "a" * 2000, "/FUZZ", "/%2e%2e/x"]
    )
    | any_text.map(lambda text: "/fuzz/x" + quote(text, errors="replace")),
    st.just({}),
)
queries = st.dictionaries(
    st.sampled_from(
        [
            *("prefix", "delimiter", "marker", "max-keys", "list-type", "continuation-token", "start-after", "uploads"),
            *("uploadId", "partNumber", "part-number-marker", "max-parts", "key-marker", "upload-id-marker", "tagging"),
            *(
                "delete",
                "location",
                "versionId",
                "encoding-type",
                "response-content-type",
                "X-Amz-Signature",
                "X-Amz-Date",
            ),
            *("X-Amz-Expires", "AWSAccessKeyId", "Expires", "acl"),
        ]
    ),
    st.sampled_from(["", "1", "2", "0", "-1", "9" * 30, "9" * 5000, "nan", "url", "null", "a b"]) | any_text,
    max_size=4,
)
headers = st.dictionaries(
    st.sampled_from(
        [
            *("range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "content-md5"),
            *("x-amz-copy-source", "x-amz-copy-source-range", "x-amz-meta-a", "x-amz-tagging", "content-encoding"),
            *(
                "x-amz-content-sha256",
                "x-amz-decoded-content-length",
                "x-amz-trailer",
                "x-amz-checksum-crc32",
                "expect",
            ),
            *("x-amz-checksum-sha256", "x-amz-storage-class", "x-amz-metadata-directive", "content-type", "accept"),
        ]
    ),
    st.sampled_from(
        [
            *("bytes=0-1", "bytes=-5", "bytes=9-", f"bytes={'9' * 5000}-", "/fuzz/key", "fuzz/key?versionId=null", "*"),
            *("aws-chunked", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Thu, 01 Jan 1970 00:00:00 GMT", "a=b&c=d", "COPY"),
            *("Mon, 99 Foo 99999 99:99:99 GMT", "x-amz-checksum-crc32", "AAAAAA=="),
        ]
    )
    | header_values,
    max_size=6,
)
DOCUMENTS = [
    b"<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part></CompleteMultipartUpload>",
    b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    b'<?xml version="1.0" encoding="utf-7"?><Delete/>',
    b'<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object><Key>&b;</Key></Object></Delete>',
    b"5;chunk-signature=0\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
]
documents = damaged(st.sampled_from(DOCUMENTS)) | st.sampled_from(DOCUMENTS).map(
    lambda document: document.decode().encode("utf-16")
)


@pytest.fixture(scope="module")
def connection(server: RunningServer, s3: Any) -> Iterator[HTTPConnection]:  # noqa: F811
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="key", Body=b"content")
    opened = connect(server)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def upload(s3: Any, connection: HTTPConnection) -> str:  # noqa: F811
    """An upload that has begun."""
    begun: str = s3.create_multipart_upload(Bucket=BUCKET, Key="key")["UploadId"]
    return begun


def asked(
    connection: HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> Answer:
    try:
        answer = exchange(connection, method, path, headers, body)
    except (ConnectionError, OSError):
        connection.close()  # a request that spoilt its connection was answered, and the connection closed
        answer = exchange(connection, method, path, headers, body)
    assert answer.status < 500 or answer.status == 501, (answer.status, answer.body)
    return answer


def encodable(values: dict[str, str]) -> dict[str, str]:
    """Leave out what no HTTP client can write into a header."""
    return {name: value for name, value in values.items() if value == value.strip() and value.isprintable()}


@fuzzed(data=st.data(), service=st.sampled_from(sorted(OPERATIONS)))
def test_any_json_request_is_answered_or_refused(connection: HTTPConnection, data: st.DataObject, service: str) -> None:
    operation = data.draw(st.sampled_from(OPERATIONS[service]))
    request = data.draw(values_of(MODELS[service].operation_model(operation).input_shape))
    body = json.dumps(request).encode()
    body = data.draw(st.just(body) | damaged(st.just(body)))
    target = {"X-Amz-Target": PREFIXES[service] + operation, "Content-Type": "application/x-amz-json-1.1"}
    answer = asked(connection, "POST", "/", {**signed_for(service), **target}, body)
    assert isinstance(json.loads(answer.body), dict)


def structures_of(shape: Any, value: Any) -> Iterator[dict[str, Any]]:
    """Go through the structures of a request that fits its shape; the keys of maps are users' own."""
    if shape.type_name == "structure" and isinstance(value, dict):
        yield value
        for name, member in shape.members.items():
            if name in value:
                yield from structures_of(member, value[name])
    elif shape.type_name == "list" and isinstance(value, list):
        for item in value:
            yield from structures_of(shape.member, item)


unknown_members = st.from_regex(r"[A-Za-z]{3,12}Unheard", fullmatch=True)


@fuzzed(data=st.data(), service=st.sampled_from(sorted(OPERATIONS)), name=unknown_members)
def test_any_request_with_an_unknown_member_is_refused(
    connection: HTTPConnection, data: st.DataObject, service: str, name: str
) -> None:
    operation = data.draw(st.sampled_from(OPERATIONS[service]))
    shape = MODELS[service].operation_model(operation).input_shape
    request = data.draw(_values(shape, 0))
    structure = data.draw(st.sampled_from(list(structures_of(shape, request))))
    structure[name] = data.draw(anything_at_all.filter(lambda value: value is not None))
    target = {"X-Amz-Target": PREFIXES[service] + operation, "Content-Type": "application/x-amz-json-1.1"}
    answer = asked(connection, "POST", "/", {**signed_for(service), **target}, json.dumps(request).encode())
    assert (answer.status, "__type" in json.loads(answer.body)) == (400, True)


@fuzzed(0.25, name=unknown_members, route=st.sampled_from(ROUTES), in_header=st.booleans())
def test_any_s3_request_that_asks_for_what_is_unknown_is_refused(
    connection: HTTPConnection, name: str, route: tuple[str, str, dict[str, str]], in_header: bool
) -> None:
    method, path, sides = route
    headers, query = ({f"x-amz-{name}": "1"}, sides) if in_header else ({}, {**sides, name: "1"})
    assert asked(connection, method, f"{path}?{urlencode(query)}", {**signed_for("s3"), **headers}).status == 501


@fuzzed(0.25, route=routes, query=queries, given_headers=headers, body=st.none() | documents | st.binary())
def test_any_s3_request_is_answered_or_refused(
    connection: HTTPConnection,
    upload: str,
    route: tuple[str, str, dict[str, str]],
    query: dict[str, str],
    given_headers: dict[str, str],
    body: bytes | None,
) -> None:
    method, path, sides = route
    wanted = {name: upload if value == "UPLOAD" else value for name, value in {**query, **sides}.items()}
    path = f"{path}?{urlencode(wanted, errors='replace')}"
    asked(connection, method, path, {**signed_for("s3"), **encodable(given_headers)}, body)
    assert exchange(connection, "GET", "/_local/health").status == 200


@fuzzed(name=any_text, content_type=header_values, accept=header_values, body=st.binary(), more=headers)
def test_any_invocation_of_no_endpoint_is_refused(
    connection: HTTPConnection, name: str, content_type: str, accept: str, body: bytes, more: dict[str, str]
) -> None:
    told = {**signed_for("sagemaker"), **encodable({**more, "content-type": content_type, "accept": accept})}
    path = f"/endpoints/{quote(name, safe='', errors='replace') or 'a'}/invocations"
    assert asked(connection, "POST", path, told, body).status in (400, 403)
