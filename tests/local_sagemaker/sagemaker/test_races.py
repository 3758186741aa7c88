"""Requests that come between two steps of another: what is committed can be stopped, and nothing is left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.endpoints.supervision import BackOff
from local_sagemaker.sagemaker.running import retrying
from tests.local_sagemaker.sagemaker.cloud import BUCKET
from tests.local_sagemaker.sagemaker.in_process import FakeServing, FakeTraining, InProcess
from tests.local_sagemaker.sagemaker.processes import until

_MOMENT = 0.3
"""Seconds that what must not happen is given to happen, where what must happen waits for the one who gives them."""


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    monkeypatch.setattr("local_sagemaker.sagemaker.service.ServingContainer", FakeServing)
    monkeypatch.setattr("local_sagemaker.sagemaker.service.TrainingContainer", FakeTraining)
    monkeypatch.setattr("local_sagemaker.sagemaker.service.BackOff", lambda: BackOff(poll=0.01, first=0.01, tries=0))
    monkeypatch.setattr(retrying, "FIRST_PAUSE", 0.01)
    FakeServing.made, FakeServing.startable, FakeServing.stoppable = [], True, threading.Event()
    FakeServing.stoppable.set()
    FakeTraining.begun, FakeTraining.let_go = threading.Event(), threading.Event()
    one = InProcess(tmp_path)
    one.model("m")
    yield one
    FakeServing.stoppable.set()
    FakeTraining.let_go.set()
    one.close()


def served(local: InProcess, name: str, *variants: str) -> None:
    local.call("CreateEndpoint", EndpointName=name, EndpointConfigName=local.config(name, *variants))
    until(lambda: local.endpoint(name) == "InService")


def chosen(local: InProcess, name: str) -> str:
    return local.sagemaker.invoke_endpoint(name, b"", {}).headers["x-Amzn-Invoked-Production-Variant"]


def test_a_training_job_can_be_stopped_as_soon_as_it_is_described(local: InProcess) -> None:
    local.database.after_write = lambda: local.call("StopTrainingJob", TrainingJobName="j")
    local.train("j")
    until(lambda: local.job("Training", "j") == "Stopped")


def test_a_transform_job_can_be_stopped_as_soon_as_it_is_described(local: InProcess) -> None:
    local.database.after_write = lambda: local.call("StopTransformJob", TransformJobName="j")
    local.transform("j", "m")
    until(lambda: local.job("Transform", "j") == "Stopped")
    assert not any(container.living for container in FakeServing.made)


def test_a_script_that_ends_by_itself_once_its_job_is_stopping_has_been_stopped(local: InProcess) -> None:
    local.train("j")
    assert FakeTraining.begun.wait(60)

    def end_first() -> None:
        FakeTraining.let_go.set()
        until(lambda: local.job("Training", "j") in ("Stopped", "Completed"))

    local.database.after_write = end_first
    local.call("StopTrainingJob", TrainingJobName="j")
    until(lambda: local.job("Training", "j") == "Stopped")


def test_a_transform_job_that_is_done_once_it_is_stopping_has_been_stopped(local: InProcess) -> None:
    FakeServing.stoppable.clear()  # the job's last step before its end
    local.transform("j", "m")
    until(lambda: any(local.objects.list(BUCKET, "out/")))

    def end_first() -> None:
        FakeServing.stoppable.set()
        until(lambda: local.job("Transform", "j") in ("Stopped", "Completed"))

    local.database.after_write = end_first
    local.call("StopTransformJob", TransformJobName="j")
    assert local.job("Transform", "j") == "Stopped"


@pytest.mark.parametrize("kind", ["job", "endpoint"])
def test_what_no_thread_is_to_be_had_for_is_not_created(
    local: InProcess, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    config, start = local.config("c"), threading.Thread.start

    def create() -> None:
        if kind == "job":
            local.train("x")
        else:
            local.call("CreateEndpoint", EndpointName="x", EndpointConfigName=config)

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(kind):
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            create()
    assert local.call("ListTrainingJobs")["TrainingJobSummaries"] == local.call("ListEndpoints")["Endpoints"] == []
    create()


def test_a_stop_that_no_thread_is_to_be_had_for_can_be_asked_again(
    local: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.train("j")
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith("job"):
            return start(thread)
        raise RuntimeError("can't start new thread")

    assert FakeTraining.begun.wait(60)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            local.call("StopTrainingJob", TrainingJobName="j")
    assert local.job("Training", "j") == "InProgress"
    local.call("StopTrainingJob", TrainingJobName="j")
    until(lambda: local.job("Training", "j") == "Stopped")


def test_a_server_that_stops_takes_nothing_more_to_run(local: InProcess) -> None:
    config = local.config("c")
    local.sagemaker.shut_down()
    with pytest.raises(AwsError, match="ServiceUnavailable"):
        local.train("j")
    with pytest.raises(AwsError, match="ServiceUnavailable"):
        local.call("CreateEndpoint", EndpointName="e", EndpointConfigName=config)
    assert local.call("ListTrainingJobs")["TrainingJobSummaries"] == local.call("ListEndpoints")["Endpoints"] == []


def test_the_end_of_a_job_is_not_lost_when_the_store_cannot_be_written(local: InProcess) -> None:
    local.train("j")
    assert FakeTraining.begun.wait(60)
    local.database.failures = 7
    FakeTraining.let_go.set()
    until(lambda: local.job("Training", "j") not in ("InProgress", "Stopping"))
    assert local.database.failures == 0


def test_an_endpoint_comes_up_although_the_store_could_not_be_written_for_a_while(local: InProcess) -> None:
    served(local, "e")
    config = local.config("c2")

    def fail() -> None:
        local.database.failures = 3

    local.database.after_write = fail
    local.call("UpdateEndpoint", EndpointName="e", EndpointConfigName=config)
    until(lambda: local.endpoint("e") == "InService")


def test_an_endpoint_that_is_deleted_twice_at_once_is_there_until_its_containers_have_stopped(local: InProcess) -> None:
    served(local, "e")
    FakeServing.stoppable.clear()
    local.database.after_read = lambda: local.call("DeleteEndpoint", EndpointName="e")
    local.call("DeleteEndpoint", EndpointName="e")
    local.database.after_read = None
    local.call("DeleteEndpoint", EndpointName="e")
    gone = threading.Event()

    def watch() -> None:
        until(lambda: local.endpoint("e") is None)
        gone.set()

    threading.Thread(target=watch, daemon=True).start()
    assert not gone.wait(_MOMENT)
    FakeServing.stoppable.set()
    assert gone.wait(60)
    assert not FakeServing.made[0].living
    assert not (local.state.work / "endpoints" / "e").exists()


def test_of_two_changes_of_weights_at_once_the_later_one_holds(local: InProcess) -> None:
    served(local, "e", "A", "B")

    def weigh(a: float, b: float) -> None:
        wanted = [{"VariantName": "A", "DesiredWeight": a}, {"VariantName": "B", "DesiredWeight": b}]
        local.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=wanted)

    local.database.after_write = lambda: weigh(0.0, 1.0)
    weigh(1.0, 0.0)
    assert {chosen(local, "e") for _ in range(20)} == {"B"}
    weights = [one["CurrentWeight"] for one in local.call("DescribeEndpoint", EndpointName="e")["ProductionVariants"]]
    assert weights == [0.0, 1.0]


def test_weights_that_come_when_another_deployment_has_followed_do_not_reach_it(local: InProcess) -> None:
    served(local, "e", "A")
    config = local.config("c2", "B")

    def replace() -> None:
        local.call("UpdateEndpoint", EndpointName="e", EndpointConfigName=config)
        until(lambda: local.endpoint("e") == "InService")

    local.database.after_write = replace
    wanted = [{"VariantName": "A", "DesiredWeight": 0.5}]
    local.call("UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=wanted)
    assert chosen(local, "e") == "B"


def test_an_endpoint_whose_containers_end_as_its_update_fails_is_not_in_service(local: InProcess) -> None:
    served(local, "e")
    config = local.config("c2")

    def die() -> None:
        FakeServing.made[0].living = False
        for watch in [thread for thread in threading.enumerate() if thread.name == "supervisor"]:
            watch.join(_MOMENT)

    def when_it_is_noted_that_the_update_failed() -> None:
        local.database.before_write = die

    FakeServing.startable = False
    local.database.after_write = when_it_is_noted_that_the_update_failed
    local.call("UpdateEndpoint", EndpointName="e", EndpointConfigName=config)
    until(lambda: local.endpoint("e") == "Failed")


def test_tags_for_a_model_that_is_deleted_meanwhile_do_not_come_to_the_next_of_its_name(local: InProcess) -> None:
    arn = local.call("DescribeModel", ModelName="m")["ModelArn"]
    local.database.after_read = lambda: local.call("DeleteModel", ModelName="m")
    tags = [{"Key": "a", "Value": "b"}]
    local.call("AddTags", ResourceArn=arn, Tags=tags)
    if local.database.after_read is not None:  # there was no moment for it within
        local.database.after_read = None
        local.call("DeleteModel", ModelName="m")
    local.model("m")
    assert local.call("ListTags", ResourceArn=arn)["Tags"] == []
