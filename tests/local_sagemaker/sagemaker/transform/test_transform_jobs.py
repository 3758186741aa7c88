"""Batch transform: what is sent, what is written, and how a bad record is named."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below

GROUP = "/aws/sagemaker/TransformJobs"
LINE = {"AssembleWith": "Line"}


@pytest.fixture(scope="module")
def probe(cloud: Cloud) -> str:
    """A model that sends bodies back."""
    return cloud.model("module-probe", cloud.container(WAIT_SECONDS="0.3", SAGEMAKER_MODEL_SERVER_WORKERS="2"))


@pytest.fixture(scope="module")
def listing(cloud: Cloud) -> str:
    """A model that answers, for each request, how many lines it had."""
    return cloud.model("module-listing", cloud.container("counter"))


def counts(cloud: Cloud, name: str, key: str = "a.csv") -> list[int]:
    return [int(line) for line in cloud.get(f"out/{name}/{key}.out").split()]


def test_outputs_are_named_after_inputs(cloud: Cloud, name: str, probe: str) -> None:
    cloud.put(f"in/{name}/a.csv", b"1\n")
    cloud.put(f"in/{name}/deep/b.csv", b"2\n3")
    cloud.put(f"in/{name}/folder/", b"")
    described = cloud.transform(name, probe, f"s3://{BUCKET}/in/{name}")
    assert described["TransformJobStatus"] == "Completed", described.get("FailureReason")
    assert cloud.keys(f"out/{name}/") == ["a.csv.out", "deep/b.csv.out"]
    assert cloud.get(f"out/{name}/deep/b.csv.out") == b"2\n3"


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("in/{}/part-", ["part-1.out", "part-2.out"]),
        ("in/{}/part-1", ["part-1.out"]),
        ("in/{}/", ["part-1.out", "part-2.out"]),
    ],
)
def test_an_output_key_is_seen_from_the_prefix(
    cloud: Cloud, name: str, probe: str, prefix: str, keys: list[str]
) -> None:
    cloud.put(f"in/{name}/part-1", b"1\n")
    cloud.put(f"in/{name}/part-2", b"2\n")
    cloud.transform(name, probe, f"s3://{BUCKET}/{prefix.format(name)}")
    assert cloud.keys(f"out/{name}/") == keys


def test_many_records_are_packed_to_the_payload_limit(cloud: Cloud, name: str, listing: str) -> None:
    line = b"x" * 99 + b"\n"
    uri = cloud.put(f"in/{name}/a.csv", line * 25_000)
    cloud.transform(name, listing, uri, BatchStrategy="MultiRecord", MaxPayloadInMB=1, output=LINE)
    assert counts(cloud, name) == [10_485, 10_485, 4_030]


def test_a_single_record_is_sent_at_a_time(cloud: Cloud, name: str, listing: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b'1\n\n"2\n2"\n3')
    cloud.transform(name, listing, uri, BatchStrategy="SingleRecord", output=LINE)
    assert counts(cloud, name) == [1, 1, 1, 1, 1]


def test_an_object_that_is_not_split_is_one_request(cloud: Cloud, name: str, listing: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"1\n2\n3\n")
    cloud.transform(name, listing, uri, input={"SplitType": "None"})
    assert cloud.get(f"out/{name}/a.csv.out") == b"3"


def test_gzipped_input_is_unpacked(cloud: Cloud, name: str, probe: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv.gz", gzip.compress(b"1\n2\n"))
    cloud.transform(name, probe, uri, input={"CompressionType": "Gzip"})
    assert cloud.get(f"out/{name}/a.csv.gz.out") == b"1\n2\n"


def test_several_requests_run_at_a_time_and_their_order_stays(cloud: Cloud, name: str, probe: str) -> None:
    lines = [b"wait %d\n" % number if number % 3 == 0 else b"%d\n" % number for number in range(9)]
    uri = cloud.put(f"in/{name}/a.csv", b"".join(lines))
    described = cloud.transform(name, probe, uri, BatchStrategy="SingleRecord", MaxConcurrentTransforms=8)
    assert cloud.get(f"out/{name}/a.csv.out") == b"".join(lines)
    took = described["TransformEndTime"] - described["TransformStartTime"]
    assert took.total_seconds() < 3 * 0.3, "the three slow requests did not overlap"


def test_the_containers_own_settings_hold_where_the_request_has_none(cloud: Cloud, name: str, listing: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"1\n2\n3\n")
    cloud.transform(name, listing, uri, output=LINE)
    assert counts(cloud, name) == [1, 1, 1]
    lines = cloud.log_lines(GROUP, f"{name}/")
    assert any(
        line.endswith("MaxConcurrentTransforms=3, MaxPayloadInMB=2, BatchStrategy=SINGLE_RECORD") for line in lines
    )


def test_a_jobs_environment_and_accept_reach_the_containers(cloud: Cloud, name: str) -> None:
    model = cloud.model(name, cloud.container(NAME="model"), cloud.container(NAME="model"))
    uri = cloud.put(f"in/{name}/a.csv", b"x\n")
    cloud.transform(name, model, uri, Environment={"PROBE": "trace", "NAME": "job"}, output={"Accept": "text/x"})
    seen = json.loads(cloud.get(f"out/{name}/a.csv.out"))
    assert [(step["name"], step["accept"]) for step in seen] == [("job", "application/json"), ("job", "text/x")]
    streams = cloud.logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
    names = sorted(stream["logStreamName"].rpartition("/")[2] for stream in streams)
    assert names == ["container-1", "container-2", "data-log"]


def test_records_are_filtered_and_joined(cloud: Cloud, name: str, probe: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"id-1,1,2\nid-2,3,4\n")
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    cloud.transform(name, probe, uri, DataProcessing=processing, output={"Accept": "text/csv", **LINE})
    assert cloud.get(f"out/{name}/a.csv.out") == b"id-1,2\nid-2,4\n"


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_a_bad_record_fails_the_job_with_its_place_and_no_output(
    cloud: Cloud, name: str, probe: str, strategy: str
) -> None:
    lines = [b"%04d\n" % number for number in range(50)]
    lines[36] = b"answer 422\n"
    cloud.put(f"in/{name}/bad.csv", b"".join(lines))
    cloud.put(f"in/{name}/good.csv", b"1\n")
    described = cloud.transform(name, probe, f"s3://{BUCKET}/in/{name}/", BatchStrategy=strategy)
    assert described["TransformJobStatus"] == "Failed"
    assert described["FailureReason"] == (
        f"ClientError: s3://{BUCKET}/in/{name}/bad.csv: line 37 (byte offset 180): Bad HTTP status received from "
        "algorithm: 422 (primary). Message: probe was told to"
    )
    assert cloud.keys(f"out/{name}/") == ["good.csv.out"]
    assert any("bad.csv: line 37" in line for line in cloud.log_lines(GROUP, f"{name}/"))


def test_a_record_over_the_payload_limit_is_named(cloud: Cloud, name: str, probe: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"1\n" + b"x" * (1 << 20) + b"\n")
    described = cloud.transform(name, probe, uri, MaxPayloadInMB=1)
    assert described["FailureReason"] == (f"ClientError: {uri}: line 2 (byte offset 2) is larger than MaxPayloadInMB=1")


def test_a_container_that_dies_fails_the_job(cloud: Cloud, name: str, probe: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"crash\n")
    described = cloud.transform(name, probe, uri)
    assert described["TransformJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("AlgorithmError: Unable to get response from algorithm (primary: ")


def test_a_model_that_does_not_come_up_fails_the_job(cloud: Cloud, name: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"1\n")
    described = cloud.transform(name, cloud.model(name, cloud.container(PROBE="broken")), uri)
    assert described["FailureReason"].startswith("AlgorithmError: Model container failed to respond to ping.")


def test_a_stopped_job_leaves_no_output_and_no_process(cloud: Cloud, name: str, state: StateDirectory) -> None:
    model = cloud.model(name, cloud.container(WAIT_SECONDS="300"))
    cloud.start_transform(name, model, cloud.put(f"in/{name}/a.csv", b"1\nwait\n"), BatchStrategy="SingleRecord")
    until(lambda: any("MaxPayloadInMB" in line for line in cloud.log_lines(GROUP, name)))
    cloud.sagemaker.stop_transform_job(TransformJobName=name)
    assert cloud.transformed(name)["TransformJobStatus"] == "Stopped"
    assert cloud.keys(f"out/{name}/") == []
    until(lambda: not working_below(state.work / "transform" / name))
    with pytest.raises(ClientError) as caught:
        cloud.sagemaker.stop_transform_job(TransformJobName=name)
    assert "in status Stopped" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"MaxPayloadInMB": 101}, "MaxPayloadInMB is 101"),
        ({"MaxPayloadInMB": 30, "MaxConcurrentTransforms": 4}, "4 * 30 = 120 MB"),
        ({"MaxPayloadInMB": 0}, "MaxPayloadInMB=0"),
        ({"input": {"SplitType": "RecordIO"}}, "SplitType=RecordIO"),
        (
            {"input": {"DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://tests/x"}}}},
            "S3DataType=ManifestFile",
        ),
        ({"DataProcessing": {"InputFilter": "$[?(@)]"}}, "$[?(@)]"),
        ({"DataProcessing": {"InputFilter": "$[1:]"}, "input": {"ContentType": "text/plain"}}, "text/plain"),
        ({"DataProcessing": {"OutputFilter": "$[1:]"}, "output": {"Accept": "image/png"}}, "image/png"),
        ({"source": "s3://tests/nothing-here/"}, 'No S3 objects found under S3 URL "s3://tests/nothing-here/"'),
        ({"model": "absent"}, "Could not find model"),
    ],
)
def test_what_aws_or_we_refuse_is_refused_by_name(
    cloud: Cloud, name: str, probe: str, change: dict[str, Any], named: str
) -> None:
    request = {"model": probe, "source": cloud.put("in/refused.csv", b"1\n"), **change}
    with pytest.raises(ClientError) as caught:
        cloud.start_transform(name, **request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert named in caught.value.response["Error"]["Message"]


def test_what_a_request_leaves_open_is_described_as_aws_fills_it_in(cloud: Cloud, name: str, probe: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"1\n")
    described = cloud.transform(name, probe, uri)
    assert described["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert described["TransformInput"]["CompressionType"] == "None"
    output = {"S3OutputPath": f"s3://{BUCKET}/out/{name}", "AssembleWith": "None", "KmsKeyId": ""}
    assert described["TransformOutput"] == output


def test_joining_names_the_type_that_came_and_says_to_set_accept(cloud: Cloud, name: str, probe: str) -> None:
    uri = cloud.put(f"in/{name}/a.csv", b"1\n")
    described = cloud.transform(name, probe, uri, DataProcessing={"JoinSource": "Input"})
    assert "the answer is application/json" in described["FailureReason"]
    assert described["FailureReason"].endswith("set TransformOutput.Accept to text/csv")
