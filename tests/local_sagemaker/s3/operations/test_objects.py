"""Single objects, as a user of boto3 meets them."""

from __future__ import annotations

import hashlib
import io
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import RunningServer
from tests.local_sagemaker.conftest import ClientFactory
from tests.local_sagemaker.wire import connect, send, signed_for

MD5_OF_HELLO = "5d41402abc4b2a76b9719d911017c592"


@pytest.fixture
def hello(s3: Any, bucket: str) -> dict[str, str]:
    """Bucket and key of an object that holds `hello`."""
    s3.put_object(Bucket=bucket, Key="hello", Body=b"hello")
    return {"Bucket": bucket, "Key": "hello"}


@pytest.mark.parametrize(
    "key",
    [
        "plain",
        "with space+plus",
        "ünïcödé/日本語.txt",
        "a//b",
        "/leading",
        "trailing/",
        "../../etc/passwd",
        "./.",
        "100%25",
        "question?mark&and=more",
        "hash#tag",
        "new\nline",
        "quote'\"<>&;",
        "x" * 1024,
    ],
)
def test_any_key_comes_back_as_it_was(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_encoded_percent_signs_and_slashes_stay_apart(server: RunningServer, s3: Any, bucket: str) -> None:
    for path in ("a%2Fb", "a%252Fb"):
        assert send(server, "PUT", f"/{bucket}/{path}", signed_for("s3"), path.encode()).status == 200
    assert s3.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"a%2Fb"
    assert s3.get_object(Bucket=bucket, Key="a%2Fb")["Body"].read() == b"a%252Fb"


def test_key_over_1024_bytes_is_refused(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="KeyTooLongError"):
        s3.put_object(Bucket=bucket, Key="ü" * 513, Body=b"")


def test_path_that_is_not_utf8_is_refused(server: RunningServer, bucket: str) -> None:
    answer = send(server, "PUT", f"/{bucket}/%ff", signed_for("s3"), b"")
    assert (answer.status, b"InvalidURI" in answer.body) == (400, True)


def test_etag_is_the_md5(s3: Any, hello: dict[str, str]) -> None:
    assert s3.head_object(**hello)["ETag"] == f'"{MD5_OF_HELLO}"'


def test_headers_and_metadata_come_back(s3: Any, bucket: str) -> None:
    given = {
        "ContentType": "text/csv",
        "ContentEncoding": "gzip",
        "ContentDisposition": 'attachment; filename="a.csv"',
        "ContentLanguage": "de",
        "CacheControl": "max-age=60",
        "Expires": datetime(2030, 1, 2, tzinfo=UTC),
        "Metadata": {"my_key": "underscore", "my-key": "dash", "empty": ""},
    }
    s3.put_object(Bucket=bucket, Key="key", Body=b"x", **given)
    found = s3.get_object(Bucket=bucket, Key="key")
    assert {name: found[name] for name in given if name != "Expires"} == {
        name: value for name, value in given.items() if name != "Expires"
    }
    assert found["ExpiresString"] == "Wed, 02 Jan 2030 00:00:00 GMT"
    assert found["ContentLength"] == 1
    assert s3.head_object(Bucket=bucket, Key="key")["Metadata"] == given["Metadata"]


def test_content_type_defaults_to_binary(s3: Any, hello: dict[str, str]) -> None:
    assert s3.head_object(**hello)["ContentType"] == "binary/octet-stream"


def test_too_much_metadata_is_refused(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="MetadataTooLarge"):
        s3.put_object(Bucket=bucket, Key="key", Body=b"", Metadata={"a": "x" * 2048})


def test_missing_key_is_named(s3: Any, bucket: str) -> None:
    with pytest.raises(s3.exceptions.NoSuchKey) as caught:
        s3.get_object(Bucket=bucket, Key="nothing & more")
    assert caught.value.response["Error"]["Key"] == "nothing & more"
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=bucket, Key="nothing")
    s3.delete_object(Bucket=bucket, Key="nothing")


def test_object_is_replaced_as_a_whole(s3: Any, hello: dict[str, str]) -> None:
    s3.put_object(**hello, Body=b"bye", ContentType="text/plain")
    found = s3.get_object(**hello)
    assert (found["Body"].read(), found["ContentType"]) == (b"bye", "text/plain")


def test_reader_of_a_replaced_object_reads_on(s3: Any, bucket: str) -> None:
    before = bytes(range(256)) * 100_000
    s3.put_object(Bucket=bucket, Key="key", Body=before)
    reading = s3.get_object(Bucket=bucket, Key="key")["Body"]
    start = reading.read(1000)
    s3.put_object(Bucket=bucket, Key="key", Body=b"after")
    s3.delete_object(Bucket=bucket, Key="key")
    assert start + reading.read() == before


@pytest.mark.parametrize(
    ("header", "expected", "place"),
    [
        ("bytes=0-1", b"he", "bytes 0-1/5"),
        ("bytes=1-", b"ello", "bytes 1-4/5"),
        ("bytes=-2", b"lo", "bytes 3-4/5"),
        ("bytes=-9", b"hello", "bytes 0-4/5"),
        ("bytes=3-99", b"lo", "bytes 3-4/5"),
    ],
)
def test_range_is_part_of_the_object(s3: Any, hello: dict[str, str], header: str, expected: bytes, place: str) -> None:
    found = s3.get_object(**hello, Range=header)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (found["Body"].read(), found["ContentRange"]) == (expected, place)


@pytest.mark.parametrize("header", ["bytes=3-1", "lines=1-2", "bytes=0-1,3-4", "bytes=-"])
def test_range_that_s3_does_not_understand_is_the_whole(s3: Any, hello: dict[str, str], header: str) -> None:
    found = s3.get_object(**hello, Range=header)
    assert (found["ResponseMetadata"]["HTTPStatusCode"], found["Body"].read()) == (200, b"hello")


@pytest.mark.parametrize("header", ["bytes=5-", "bytes=9-10", "bytes=-0"])
def test_range_outside_the_object_is_refused(s3: Any, hello: dict[str, str], header: str) -> None:
    with pytest.raises(ClientError, match="InvalidRange") as caught:
        s3.get_object(**hello, Range=header)
    assert dict(caught.value.response["Error"])["ActualObjectSize"] == "5"


def test_conditions_on_reading(s3: Any, hello: dict[str, str]) -> None:
    modified = s3.head_object(**hello)["LastModified"]
    hour = timedelta(hours=1)
    s3.get_object(**hello, IfMatch=MD5_OF_HELLO)
    s3.get_object(**hello, IfNoneMatch="other")
    s3.get_object(**hello, IfModifiedSince=modified - hour)
    s3.get_object(**hello, IfUnmodifiedSince=modified)
    for condition in ({"IfMatch": "other"}, {"IfUnmodifiedSince": modified - hour}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.get_object(**hello, **condition)
    for condition in ({"IfNoneMatch": MD5_OF_HELLO}, {"IfModifiedSince": modified}):
        with pytest.raises(ClientError, match="304"):
            s3.get_object(**hello, **condition)


@pytest.mark.parametrize(
    "date", ["Thu, 01 Jan 1970 00:00:00", "Thu, 01 Jan 1970 00:00:00 -0000", "Thu Jan  1 00:00:00 1970"]
)
def test_a_date_without_a_zone_is_in_utc(server: RunningServer, hello: dict[str, str], date: str) -> None:
    path = f"/{hello['Bucket']}/{hello['Key']}"
    assert send(server, "GET", path, {**signed_for("s3"), "If-Modified-Since": date}).status == 200
    assert send(server, "GET", path, {**signed_for("s3"), "If-Unmodified-Since": date}).status == 412


def test_conditions_on_writing(s3: Any, hello: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**hello, Body=b"x", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**hello, Body=b"x", IfMatch="other")
    s3.put_object(**hello, Body=b"new", IfMatch=MD5_OF_HELLO)
    s3.put_object(Bucket=hello["Bucket"], Key="other", Body=b"x", IfNoneMatch="*")
    assert s3.get_object(**hello)["Body"].read() == b"new"


def test_of_many_writers_that_want_to_be_first_one_is(s3: Any, bucket: str) -> None:
    outcomes: list[bool] = []

    def write(number: int) -> None:
        try:
            s3.put_object(Bucket=bucket, Key="lock", Body=str(number), IfNoneMatch="*")
            outcomes.append(True)
        except ClientError:
            outcomes.append(False)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True]


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksum_is_kept_and_given_back(s3: Any, bucket: str, algorithm: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"hello", ChecksumAlgorithm=algorithm)
    found = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert found["Body"].read() == b"hello"
    assert found[f"Checksum{algorithm}"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"ChecksumCRC32": "AAAAAA=="},
        {"ChecksumSHA1": "A" * 27 + "="},
        {"ChecksumSHA256": "A" * 43 + "="},
    ],
)
def test_body_that_is_not_what_was_announced_is_refused(s3: Any, hello: dict[str, str], wrong: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(**hello, Body=b"other", **wrong)
    assert s3.get_object(**hello)["Body"].read() == b"hello"


def test_md5_that_is_none_is_refused(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError, match="InvalidDigest"):
        s3.put_object(Bucket=bucket, Key="key", Body=b"x", ContentMD5="short")


@pytest.mark.parametrize("algorithm", ["crc32c", "crc64nvme"])
def test_checksum_that_cannot_be_checked_is_not_vouched_for(
    server: RunningServer, s3: Any, bucket: str, algorithm: str
) -> None:
    headers = {**signed_for("s3"), f"x-amz-checksum-{algorithm}": "AAAAAA=="}
    assert send(server, "PUT", f"/{bucket}/key", headers, b"hello").status == 200
    answer = send(server, "GET", f"/{bucket}/key", {**signed_for("s3"), "x-amz-checksum-mode": "ENABLED"})
    assert not any("checksum" in name for name in answer.headers)


def test_upload_that_breaks_off_leaves_no_trace(server: RunningServer, s3: Any, hello: dict[str, str]) -> None:
    connection = connect(server)
    connection.putrequest("PUT", f"/{hello['Bucket']}/hello")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"only this much")
    connection.close()
    send(server, "GET", "/_local/health")
    assert s3.get_object(**hello)["Body"].read() == b"hello"
    unfinished = server.state / "objects" / "incoming"
    while any(unfinished.iterdir()):
        pass  # until the server has noticed; the test's time-out ends it otherwise
    assert s3.get_object(**hello)["Body"].read() == b"hello"


def test_chunked_upload_without_a_length_is_stored(server: RunningServer, s3: Any, bucket: str) -> None:
    blocks = [bytes([number]) * 70_000 for number in range(5)]
    assert send(server, "PUT", f"/{bucket}/key", signed_for("s3"), iter(blocks)).status == 200
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"".join(blocks)


def test_one_deletion_of_many_objects_tells_of_each(s3: Any, bucket: str) -> None:
    for key in ("a", "b & c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    objects = [{"Key": "a"}, {"Key": "b & c"}, {"Key": "never there"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert [entry["Key"] for entry in answer["Deleted"]] == ["a", "b & c", "never there"]
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


ENTITY = (
    '<?xml version="1.0" encoding="{}"?><!DOCTYPE x [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>'
)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<Delete>", b"<Delete/>", ENTITY.format("utf-8").encode(), ENTITY.format("utf-16").encode("utf-16")),
        *(b'<?xml version="1.0" encoding="%b"?><Delete/>' % encoding for encoding in (b"klingon", b"big5", b"zlib")),
    ],
)
def test_malformed_document_is_refused(server: RunningServer, bucket: str, body: bytes) -> None:
    answer = send(server, "POST", f"/{bucket}?delete", signed_for("s3"), body)
    assert (answer.status, b"<Code>MalformedXML</Code>" in answer.body) == (400, True)


def test_md5_that_is_not_even_ascii_is_refused(server: RunningServer, bucket: str) -> None:
    answer = send(server, "PUT", f"/{bucket}/key", {**signed_for("s3"), "Content-MD5": "\u00a1"}, b"x")
    assert (answer.status, b"<Code>InvalidDigest</Code>" in answer.body) == (400, True)


def test_numbers_beyond_all_bounds_are_refused_or_passed_over(server: RunningServer, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"whole")
    huge = "9" * 5000
    listed = send(server, "GET", f"/{bucket}?max-keys={huge}", signed_for("s3"))
    assert (listed.status, b"<Code>InvalidArgument</Code>" in listed.body) == (400, True)
    read = send(server, "GET", f"/{bucket}/key", {**signed_for("s3"), "Range": f"bytes=0-{huge}"})
    assert (read.status, read.body) == (200, b"whole")


def test_tags_can_be_set_read_and_deleted(s3: Any, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "key"}
    s3.put_object(**place, Body=b"", Tagging="team=search&note=a%20b")
    assert s3.get_object(**place)["TagCount"] == 2
    s3.put_object_tagging(**place, Tagging={"TagSet": [{"Key": "only", "Value": "<this>"}]})
    assert s3.get_object_tagging(**place)["TagSet"] == [{"Key": "only", "Value": "<this>"}]
    s3.delete_object_tagging(**place)
    assert s3.get_object_tagging(**place)["TagSet"] == []


def test_more_than_ten_tags_are_refused(s3: Any, hello: dict[str, str]) -> None:
    tags = [{"Key": str(number), "Value": ""} for number in range(11)]
    with pytest.raises(ClientError, match="cannot be greater than 10"):
        s3.put_object_tagging(**hello, Tagging={"TagSet": tags})


def test_encryption_with_a_customers_key_is_refused_by_name(server: RunningServer, bucket: str) -> None:
    headers = {**signed_for("s3"), "x-amz-server-side-encryption-customer-algorithm": "AES256"}
    answer = send(server, "PUT", f"/{bucket}/key", headers, b"x")
    assert answer.status == 501
    assert b"x-amz-server-side-encryption-customer-algorithm" in answer.body


def test_files_come_back_through_the_transfer_manager(client: ClientFactory, bucket: str) -> None:
    content = hashlib.shake_128(b"seed").digest(9_500_000)
    s3 = client("s3")
    s3.upload_fileobj(io.BytesIO(content), bucket, "key", ExtraArgs={"ContentType": "text/plain"})
    found = s3.head_object(Bucket=bucket, Key="key")
    assert (found["ContentLength"], found["ContentType"]) == (len(content), "text/plain")
    assert found["ETag"].endswith('-2"')
    back = io.BytesIO()
    s3.download_fileobj(bucket, "key", back)
    assert back.getvalue() == content
