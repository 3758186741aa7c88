"""SageMaker Metrics, by boto3: what is logged to a trial component is kept, summarized, found, and bounded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import RunningServer, client_environment, ensure_running, stop
from local_sagemaker.database import Database
from local_sagemaker.sagemaker.experiments import metric_store
from local_sagemaker.sagemaker.experiments.metric_store import MetricStore, MetricValue
from local_sagemaker.sagemaker.experiments.statistics import points, summary
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import client_of
from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.wire import send, signed_for

ARN = "arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component"
MINUTE = datetime(2026, 11, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def metrics(cloud: Cloud) -> Any:
    return cloud.metrics


@pytest.fixture
def component(cloud: Cloud, name: str) -> str:
    cloud.sagemaker.create_trial_component(TrialComponentName=name)
    return name


def datum(name: str, value: float, second: int = 0, step: int | None = None) -> dict[str, Any]:
    counted = {} if step is None else {"Step": step}
    return {"MetricName": name, "Value": value, "Timestamp": MINUTE.replace(second=second), **counted}


def query(name: str, component: str, **asked: Any) -> dict[str, Any]:
    arn = {"ResourceArn": f"{ARN}/{component}"}
    return {"MetricName": name, "MetricStat": "Last", "Period": "OneMinute", "XAxisType": "Timestamp", **arn, **asked}


def test_a_component_is_described_and_found_with_what_was_logged(cloud: Cloud, metrics: Any, component: str) -> None:
    values = [0.9, 0.5, 0.1]
    data = [datum("loss", value, second) for second, value in enumerate(values)]
    assert "Errors" not in metrics.batch_put_metrics(TrialComponentName=component, MetricData=data)
    metrics.batch_put_metrics(TrialComponentName=component, MetricData=[datum("acc", 0.7)])
    described = cloud.sagemaker.describe_trial_component(TrialComponentName=component)
    told = {each["MetricName"]: each for each in described["Metrics"]}
    assert set(told) == {"loss", "acc"}
    loss = told["loss"]
    assert (loss["Count"], loss["Min"], loss["Max"], loss["Last"]) == (3, 0.1, 0.9, 0.1)
    assert loss["Avg"] == pytest.approx(0.5)
    assert loss["StdDev"] == pytest.approx(math.sqrt(0.32 / 3))
    assert (loss["SourceArn"], loss["TimeStamp"]) == (f"{ARN}/{component}", MINUTE.replace(second=2))
    where = {"Filters": [{"Name": "TrialComponentName", "Operator": "Equals", "Value": component}]}
    [found] = cloud.sagemaker.search(Resource="ExperimentTrialComponent", SearchExpression=where)["Results"]
    assert {each["MetricName"] for each in found["TrialComponent"]["Metrics"]} == {"loss", "acc"}


def test_a_component_without_metrics_is_described_without(cloud: Cloud, component: str) -> None:
    assert "Metrics" not in cloud.sagemaker.describe_trial_component(TrialComponentName=component)


def test_values_are_got_by_time_and_by_step(metrics: Any, component: str) -> None:
    data = [datum("loss", 1 / (step + 1), step * 20, step) for step in range(3)]
    later = {**datum("loss", 0.2, step=2), "Timestamp": MINUTE.replace(minute=6)}
    metrics.batch_put_metrics(TrialComponentName=component, MetricData=[*data, later, datum("loss", 9.0)])
    by_step = {"Period": "IterationNumber", "XAxisType": "IterationNumber"}
    begin = int(MINUTE.timestamp() * 1000)
    asked = [
        query("loss", component, MetricStat="Count"),
        query("loss", component, MetricStat="Min", Period="OneHour"),
        query("loss", component, **by_step),
        query("loss", component, MetricStat="Max", Start=1, End=1, **by_step),
        query("other", component),
    ]
    results = metrics.batch_get_metrics(MetricQueries=asked)["MetricQueryResults"]
    assert [each["Status"] for each in results] == ["Complete"] * 5
    assert [(each["XAxisValues"], each["MetricValues"]) for each in results] == [
        ([begin, begin + 120_000], [4.0, 1.0]),
        ([begin - 240_000], [0.2]),
        ([0, 1, 2], [1.0, 0.5, 0.2]),
        ([1], [0.5]),
        ([], []),
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ResourceArn": f"{ARN}/not-there"}, "'not-there' does not exist"),
        ({"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/a"}, "CloudWatch"),
        ({"Period": "IterationNumber"}, "does not go with XAxisType Timestamp"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why(
    metrics: Any, component: str, asked: dict[str, str], said: str
) -> None:
    [result] = metrics.batch_get_metrics(MetricQueries=[query("loss", component, **asked)])["MetricQueryResults"]
    assert (result["Status"], result["MetricValues"]) == ("ValidationError", [])
    assert said in result["Message"]


def test_metrics_of_a_component_that_is_not_there_are_not_found(metrics: Any) -> None:
    with pytest.raises(ClientError) as caught:
        metrics.batch_put_metrics(TrialComponentName="not-there", MetricData=[datum("loss", 1.0)])
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_what_is_no_number_is_told_by_its_place_and_the_rest_is_kept(
    cloud: Cloud, server: RunningServer, component: str
) -> None:
    values = ("NaN", "1", "1" + "0" * 400, "2")
    data = ",".join(f'{{"MetricName":"m","Timestamp":1790000000,"Value":{value}}}' for value in values)
    body = f'{{"TrialComponentName":"{component}","MetricData":[{data}]}}'.encode()
    answer = send(server, "PUT", "/BatchPutMetrics", signed_for("sagemaker"), body)
    assert answer.status == 200
    assert answer.body.count(b"VALIDATION_ERROR") == 2
    assert b'"MetricIndex": 0' in answer.body
    assert b'"MetricIndex": 2' in answer.body
    [told] = cloud.sagemaker.describe_trial_component(TrialComponentName=component)["Metrics"]
    assert (told["Count"], told["Min"], told["Max"]) == (2, 1.0, 2.0)


def test_a_deleted_components_values_are_gone(cloud: Cloud, metrics: Any, component: str) -> None:
    metrics.batch_put_metrics(TrialComponentName=component, MetricData=[datum("loss", 1.0)])
    cloud.sagemaker.delete_trial_component(TrialComponentName=component)
    cloud.sagemaker.create_trial_component(TrialComponentName=component)
    assert "Metrics" not in cloud.sagemaker.describe_trial_component(TrialComponentName=component)


@pytest.mark.long
def test_metrics_survive_the_server(own_state: StateDirectory) -> None:
    running = ensure_running(own_state)
    with Cloud(client_environment(running)) as cloud:
        cloud.sagemaker.create_trial_component(TrialComponentName="kept")
        put = client_of(running, "sagemaker-metrics").batch_put_metrics
        put(TrialComponentName="kept", MetricData=[datum("loss", 0.25)])
    stop(own_state)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        [told] = cloud.sagemaker.describe_trial_component(TrialComponentName="kept")["Metrics"]
        assert told["Last"] == 0.25


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MetricStore]:
    database = Database(tmp_path / "state.sqlite", [metric_store.SCHEMA])
    yield MetricStore(database, most=3)
    database.close()


def test_a_component_has_no_more_values_than_it_may(store: MetricStore) -> None:
    value = MetricValue("loss", 1.0, None, 1.0)
    assert [store.add("a", [value] * 2), store.add("a", [value] * 2), store.add("a", [value])] == [2, 1, 0]
    assert store.add("b", [value] * 9) == 3
    assert len(store.of("a")["loss"]) == 3


def test_the_last_value_is_the_latest_not_the_one_that_came_last(store: MetricStore) -> None:
    store.add(
        "a", [MetricValue("m", 5.0, None, 1.0), MetricValue("m", 2.0, None, 7.0), MetricValue("m", 5.0, None, 3.0)]
    )
    assert summary("arn", "m", store.of("a")["m"])["Last"] == 3.0


def test_statistics_that_no_float_can_hold_are_left_out() -> None:
    values = [MetricValue("m", 1.0, 0, 1.7e308), MetricValue("m", 2.0, 0, -1.7e308)]
    told = summary("arn", "m", values)
    assert (told["Max"], told["Avg"], "StdDev" in told) == (1.7e308, 0.0, False)
    assert points(values, "StdDev", "OneMinute") == []
