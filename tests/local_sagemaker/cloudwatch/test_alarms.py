"""CloudWatch's alarms through real clients: kept, evaluated, told of, and deleted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker import daemon
from local_sagemaker.daemon import RunningServer
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import ClientFactory, client_of
from tests.local_sagemaker.sagemaker.processes import until
from tests.local_sagemaker.wire import Answer, send, signed_for

ALARM: dict[str, Any] = {
    "Namespace": "Own",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "Place", "Value": "here"}],
    "Statistic": "Sum",
    "Period": 10,
    "EvaluationPeriods": 1,
    "Threshold": 3.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


@pytest.fixture
def cloudwatch(client: ClientFactory) -> Iterator[Any]:
    """A client, on whose server no alarm is left."""
    made = client("cloudwatch")
    yield made
    names = [alarm["AlarmName"] for alarm in made.describe_alarms()["MetricAlarms"]]
    made.delete_alarms(AlarmNames=names)
    made.close()


def put(cloudwatch: Any, name: str, **changed: Any) -> None:
    cloudwatch.put_metric_alarm(AlarmName=name, **{**ALARM, "MetricName": name, **changed})


def errors(cloudwatch: Any, name: str, *values: float) -> None:
    datums = [{"MetricName": name, "Dimensions": ALARM["Dimensions"], "Value": value} for value in values]
    cloudwatch.put_metric_data(Namespace="Own", MetricData=datums)


def described(cloudwatch: Any, name: str) -> dict[str, Any]:
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


def state(cloudwatch: Any, name: str) -> str:
    return str(described(cloudwatch, name)["StateValue"])


def test_a_new_alarm_is_described_as_it_was_put(cloudwatch: Any) -> None:
    tags = [{"Key": "project", "Value": "text"}]
    put(cloudwatch, "new", AlarmDescription="of mine", TreatMissingData="ignore", Tags=tags, ActionsEnabled=False)
    alarm = described(cloudwatch, "new")
    assert alarm | ALARM | {"MetricName": "new"} == alarm
    assert (alarm["AlarmDescription"], alarm["ActionsEnabled"]) == ("of mine", False)
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert alarm["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:new"
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == tags


def test_values_over_the_threshold_trip_an_alarm_and_their_absence_ends_it(cloudwatch: Any) -> None:
    put(cloudwatch, "tripped", TreatMissingData="notBreaching")
    until(lambda: state(cloudwatch, "tripped") == "OK")
    errors(cloudwatch, "tripped", 1, 2)
    until(lambda: state(cloudwatch, "tripped") == "ALARM")
    reason = described(cloudwatch, "tripped")["StateReason"]
    assert reason.startswith("Threshold Crossed: 1 out of the last 1 datapoint [3.0 (")
    assert "was greater than or equal to the threshold (3.0)" in reason
    history = cloudwatch.describe_alarm_history(AlarmName="tripped", HistoryItemType="StateUpdate")
    assert history["AlarmHistoryItems"][0]["HistorySummary"] == "Alarm updated from OK to ALARM"


def test_a_percentile_is_evaluated(cloudwatch: Any) -> None:
    wanted = {"Statistic": None, "ExtendedStatistic": "p90", "Threshold": 95.0}
    changed = {name: value for name, value in {**ALARM, **wanted}.items() if value is not None}
    cloudwatch.put_metric_alarm(AlarmName="slow", **{**changed, "MetricName": "slow"})
    errors(cloudwatch, "slow", *range(1, 101))
    until(lambda: state(cloudwatch, "slow") == "OK")
    errors(cloudwatch, "slow", *([96.0] * 20))
    until(lambda: state(cloudwatch, "slow") == "ALARM")


def test_a_state_that_a_client_sets_stays_until_the_next_evaluation(cloudwatch: Any) -> None:
    put(cloudwatch, "set")
    cloudwatch.set_alarm_state(AlarmName="set", StateValue="ALARM", StateReason="a rehearsal", StateReasonData="{}")
    alarm = described(cloudwatch, "set")
    assert (alarm["StateValue"], alarm["StateReason"], alarm["StateReasonData"]) == ("ALARM", "a rehearsal", "{}")
    until(lambda: state(cloudwatch, "set") == "INSUFFICIENT_DATA")


def test_a_topic_is_told_of_a_state(cloudwatch: Any, client: ClientFactory) -> None:
    topic = client("sns").create_topic(Name="alarms")["TopicArn"]
    queue = client("sqs").create_queue(QueueName="alarms")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:alarms"
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    put(cloudwatch, "told", AlarmActions=[topic])
    cloudwatch.set_alarm_state(AlarmName="told", StateValue="ALARM", StateReason="a rehearsal")
    (message,) = client("sqs").receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"], told["OldStateValue"]) == ("told", "ALARM", "INSUFFICIENT_DATA")


def test_disabled_actions_are_not_done(cloudwatch: Any) -> None:
    put(cloudwatch, "quiet", AlarmActions=["arn:aws:sns:us-east-1:123456789012:no-such-topic"])
    cloudwatch.disable_alarm_actions(AlarmNames=["quiet"])
    cloudwatch.set_alarm_state(AlarmName="quiet", StateValue="ALARM", StateReason="x")
    assert cloudwatch.describe_alarm_history(AlarmName="quiet", HistoryItemType="Action")["AlarmHistoryItems"] == []
    cloudwatch.enable_alarm_actions(AlarmNames=["quiet"])
    cloudwatch.set_alarm_state(AlarmName="quiet", StateValue="OK", StateReason="x")
    cloudwatch.set_alarm_state(AlarmName="quiet", StateValue="ALARM", StateReason="x")
    (failed,) = cloudwatch.describe_alarm_history(AlarmName="quiet", HistoryItemType="Action")["AlarmHistoryItems"]
    assert failed["HistorySummary"].startswith("Failed to execute action arn:aws:sns:")


def test_alarms_are_listed_in_pages_and_by_prefix_and_state(cloudwatch: Any) -> None:
    for number in range(5):
        put(cloudwatch, f"page-{number}")
    cloudwatch.set_alarm_state(AlarmName="page-3", StateValue="ALARM", StateReason="x")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix="page-", PaginationConfig={"PageSize": 2}
    )
    assert [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]] == [f"page-{n}" for n in range(5)]
    found = cloudwatch.describe_alarms(AlarmNamePrefix="page-", StateValue="ALARM")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["page-3"]
    with pytest.raises(ClientError, match="InvalidNextToken"):
        cloudwatch.describe_alarms(NextToken="foreign")


def test_tags_come_and_go(cloudwatch: Any) -> None:
    put(cloudwatch, "tagged")
    arn = described(cloudwatch, "tagged")["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_what_is_not_there_is_said_by_its_code(cloudwatch: Any) -> None:
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.set_alarm_state(AlarmName="absent", StateValue="OK", StateReason="x")
    put(cloudwatch, "there")
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.delete_alarms(AlarmNames=["there", "absent"])
    assert cloudwatch.describe_alarms(AlarmNames=["there"])["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Period": 25}, "Period must be"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic"),
        ({"TreatMissingData": "never"}, "TreatMissingData must be"),
        ({"EvaluationPeriods": 8_641}, "more than a day|across more than"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "does not support ComparisonOperator"),
        ({"Metrics": [{"Id": "m", "Expression": "1"}]}, "does not support Metrics"),
        ({"AlarmActions": ["arn:aws:lambda:us-east-1:1:function:f"]}, "does not support the action"),
        ({"Statistic": "Median"}, "satisfy enum value set"),
    ],
)
def test_a_request_that_says_something_else_is_refused(cloudwatch: Any, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        put(cloudwatch, "refused", **changed)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert cloudwatch.describe_alarms(AlarmNames=["refused"])["MetricAlarms"] == []


def test_a_composite_alarm_is_refused_by_name(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="PutCompositeAlarm is not part of the local SageMaker"):
        cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(a) AND ALARM(b)")


@pytest.mark.long
def test_an_alarm_outlives_the_server(own_state: StateDirectory) -> None:
    cloudwatch = client_of(daemon.ensure_running(own_state), "cloudwatch")
    put(cloudwatch, "kept", Period=3_600)
    cloudwatch.set_alarm_state(AlarmName="kept", StateValue="ALARM", StateReason="a rehearsal")
    before = described(cloudwatch, "kept")
    daemon.stop(own_state)
    assert described(client_of(daemon.ensure_running(own_state), "cloudwatch"), "kept") == before


def form(server: RunningServer, body: str) -> Answer:
    headers = {**signed_for("monitoring"), "Content-Type": "application/x-www-form-urlencoded"}
    return send(server, "POST", "/", headers, f"{body}&Version=2010-08-01".encode())


def test_a_client_of_the_query_protocol_is_understood(server: RunningServer, cloudwatch: Any) -> None:
    put(cloudwatch, "by-form")
    answer = form(server, "Action=DescribeAlarms&AlarmNames.member.1=by-form")
    assert (answer.status, b"<AlarmName>by-form</AlarmName>" in answer.body) == (200, True)
    assert b"<StateValue>INSUFFICIENT_DATA</StateValue>" in answer.body
    put_by_form = (
        "Action=PutMetricAlarm&AlarmName=by-form&Namespace=Own&MetricName=M&Statistic=Sum&Period=60&EvaluationPeriods=2"
        "&Threshold=1.5&ComparisonOperator=GreaterThanThreshold&Dimensions.member.1.Name=D&Dimensions.member.1.Value=V"
    )
    assert form(server, put_by_form).status == 200
    changed = described(cloudwatch, "by-form")
    assert (changed["Threshold"], changed["EvaluationPeriods"]) == (1.5, 2)
    assert changed["Dimensions"] == [{"Name": "D", "Value": "V"}]
    answer = form(server, "Action=SetAlarmState&AlarmName=absent&StateValue=OK&StateReason=x")
    assert (answer.status, b"<Code>ResourceNotFound</Code>" in answer.body) == (404, True)


def test_a_client_of_the_json_protocol_is_understood(server: RunningServer, cloudwatch: Any) -> None:
    headers = {
        **signed_for("monitoring"),
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "GraniteServiceVersion20100801.DescribeAlarms",
    }
    put(cloudwatch, "by-json")
    answer = send(server, "POST", "/", headers, b'{"AlarmNames": ["by-json"]}')
    assert [alarm["AlarmName"] for alarm in json.loads(answer.body)["MetricAlarms"]] == ["by-json"]


def test_a_body_that_is_no_cbor_is_refused(server: RunningServer) -> None:
    headers = {**signed_for("monitoring"), "smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    for body in (b"\xa1", b"\x9f" * 200, b"\x00", b"\xbf\x61", b"\x1f"):
        answer = send(server, "POST", path, headers, body)
        assert (answer.status, b"SerializationException" in answer.body) == (400, True), body


def test_dashboards_are_still_motos(cloudwatch: Any) -> None:
    cloudwatch.put_dashboard(DashboardName="mine", DashboardBody='{"widgets": []}')
    assert [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]] == ["mine"]


def test_values_are_read_back_by_statistic_and_period(cloudwatch: Any) -> None:
    now = int(time.time())
    start = now - now % 60 - 600
    datums = [
        {"MetricName": "Size", "Timestamp": start + 60 * minute, "Values": [1.0, 2.0, 9.0], "Counts": [1.0, 2.0, 1.0]}
        for minute in range(3)
    ]
    cloudwatch.put_metric_data(Namespace="Read", MetricData=datums)
    answer = cloudwatch.get_metric_statistics(
        Namespace="Read",
        MetricName="Size",
        StartTime=start,
        EndTime=start + 180,
        Period=60,
        Statistics=["Sum", "Average", "Minimum", "Maximum", "SampleCount"],
    )
    assert len(answer["Datapoints"]) == 3
    assert (
        answer["Datapoints"][0] | {"Sum": 14.0, "Average": 3.5, "Minimum": 1.0, "Maximum": 9.0, "SampleCount": 4.0}
        == (answer["Datapoints"][0])
    )
    stat = {"Metric": {"Namespace": "Read", "MetricName": "Size"}, "Period": 180, "Stat": "p50"}
    queries = [{"Id": "size", "MetricStat": stat}]
    (result,) = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=start - 600, EndTime=now)[
        "MetricDataResults"
    ]
    assert (result["Id"], set(result["Values"]), result["StatusCode"]) == ("size", {2.0}, "Complete")
    (listed,) = cloudwatch.list_metrics(Namespace="Read")["Metrics"]
    assert listed == {"Namespace": "Read", "MetricName": "Size", "Dimensions": []}


@pytest.mark.parametrize(
    "datum",
    [
        {"Values": [1.0], "Counts": [0.0]},
        {"Values": [1.0], "Counts": [1.0, 2.0]},
        {"Value": 1.0, "Values": [1.0]},
        {"Value": 1.0, "Timestamp": 1.0},
        {"StatisticValues": {"SampleCount": 0.0, "Sum": 0.0, "Minimum": 0.0, "Maximum": 0.0}},
    ],
)
def test_values_that_are_none_are_refused(cloudwatch: Any, datum: dict[str, Any]) -> None:
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "none", **datum}])


@pytest.mark.parametrize("value", [b"\xf9\x7e\x00", b"\xf9\x7c\x00", b"\x63NaN"])
def test_values_that_are_no_numbers_are_refused(server: RunningServer, value: bytes) -> None:
    headers = {**signed_for("monitoring"), "smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    body = b"\xa2\x69Namespace\x63Own\x6aMetricData\x81\xa2\x6aMetricName\x61n\x65Value" + value
    assert send(server, "POST", path, headers, body).status == 400


def test_aws_own_namespaces_cannot_be_written_to(cloudwatch: Any) -> None:
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[{"MetricName": "x", "Value": 1.0}])
