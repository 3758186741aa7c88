"""Create, Update, Stop and Delete in any order, one after the other and at once: the server never fails, what is in
service answers, and when all is deleted nothing is left: no process, no file, no tag.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.fuzz.campaign import CASES, tried
from tests.local_sagemaker.sagemaker.cloud import BUCKET, ROLE, Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below

COST = 100
"""One case starts and stops some ten containers."""

NAMES = ("a", "b")
VERBS = ("create", "delete", "create", "delete", "update", "weigh", "invoke", "train", "transform", "stop")
KINDS = ("model", "endpoint-config", "endpoint")
SETTLED = ("InService", "Failed")
TAGS = [{"Key": "of", "Value": "the fuzzer"}]
_numbers = itertools.count(1)

requests = st.tuples(
    st.sampled_from(VERBS),
    st.sampled_from((*KINDS, "endpoint", "endpoint")),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.booleans(),
)
Step = tuple[str, str, str, str, bool]


class Lifecycles(RuleBasedStateMachine):
    """Two names of each kind, and as many jobs as come up; only their last few are stopped."""

    def __init__(self, cloud: Cloud, state: StateDirectory) -> None:
        super().__init__()
        self.cloud, self.state = cloud, state
        self.jobs: list[tuple[str, str]] = []

    @initialize()
    def make_an_endpoint_and_what_others_are_made_of(self) -> None:
        for kind, name in itertools.product(KINDS[:2], NAMES):
            self._create(kind, name, name)
        self._create("endpoint", "a", "a")

    @rule(step=requests)
    def one(self, step: Step) -> None:
        self._ask(step)

    @rule(steps=st.lists(requests, min_size=2, max_size=4))
    def several_at_once(self, steps: list[Step]) -> None:
        with ThreadPoolExecutor(len(steps)) as clients:
            list(clients.map(self._ask, steps))

    @rule()
    def what_is_in_service_answers(self) -> None:
        for name, status in self._settled().items():
            answer = self._tried(self.cloud.runtime.invoke_endpoint, EndpointName=name, Body=b"x")
            assert (answer is not None) == (status == "InService")

    def teardown(self) -> None:
        self._end_jobs()
        for name in self._settled():
            self.cloud.delete_endpoint(name)
        for kind, name in itertools.product(KINDS[:2], NAMES):
            self._ask(("delete", kind, name, name, False))
        assert not any(self.cloud.sagemaker.list_models()["Models"])
        assert not any(self.cloud.sagemaker.list_endpoint_configs()["EndpointConfigs"])
        assert not working_below(self.state.work)
        left = [path for path in self.state.work.rglob("*") if path.parent != self.state.work]
        assert [*left, *self.state.artefacts.iterdir()] == []
        with closing(sqlite3.connect(f"file:{self.state.database}?mode=ro", uri=True)) as store:
            assert store.execute("SELECT arn FROM sagemaker_tags").fetchall() == []

    def _ask(self, step: Step) -> None:
        verb, kind, name, other, flag = step
        sagemaker = self.cloud.sagemaker
        match verb:
            case "create" | "delete":
                self._tried(getattr(self, f"_{verb}"), kind, name, other)
            case "update":
                self._tried(sagemaker.update_endpoint, EndpointName=name, EndpointConfigName=other)
            case "weigh":
                wanted = [{"VariantName": "AllTraffic", "DesiredWeight": 2.0}]
                self._tried(
                    sagemaker.update_endpoint_weights_and_capacities,
                    EndpointName=name,
                    DesiredWeightsAndCapacities=wanted,
                )
            case "invoke":
                body = b"crash" if flag else b"x"
                self._tried(self.cloud.runtime.invoke_endpoint, EndpointName=name, Body=body)
            case "train" | "transform":
                self._tried(getattr(self, f"_{verb}"), name, flag)
            case "stop":
                for job in self.jobs[-2:]:
                    self._stop(*job)

    def _create(self, kind: str, name: str, other: str) -> None:
        sagemaker = self.cloud.sagemaker
        if kind == "model":
            container = self.cloud.container()
            sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=TAGS)
        elif kind == "endpoint-config":
            self.cloud.config(name, other)
        else:
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=other, Tags=TAGS)

    def _delete(self, kind: str, name: str, _: str) -> None:
        sagemaker = self.cloud.sagemaker
        if kind == "model":
            sagemaker.delete_model(ModelName=name)
        elif kind == "endpoint-config":
            sagemaker.delete_endpoint_config(EndpointConfigName=name)
        else:
            sagemaker.delete_endpoint(EndpointName=name)

    def _train(self, _: str, long: bool) -> None:
        name = f"job-{next(_numbers)}"
        self.cloud.start_training(name, HyperParameters={"task": '"wait"'} if long else {})
        self.jobs.append(("training", name))

    def _transform(self, model: str, _: bool) -> None:
        name = f"job-{next(_numbers)}"
        self.cloud.start_transform(name, model, f"s3://{BUCKET}/in/")
        self.jobs.append(("transform", name))

    def _stop(self, kind: str, name: str) -> None:
        self._tried(getattr(self.cloud.sagemaker, f"stop_{kind}_job"), **{f"{kind.title()}JobName": name})

    def _end_jobs(self) -> None:
        for kind, name in self.jobs:
            self._stop(kind, name)
            until(partial(self._has_ended, kind, name))

    def _has_ended(self, kind: str, name: str) -> bool:
        describe = getattr(self.cloud.sagemaker, f"describe_{kind}_job")
        status = describe(**{f"{kind.title()}JobName": name})[f"{kind.title()}JobStatus"]
        return status not in ("InProgress", "Stopping")

    def _endpoints(self) -> dict[str, str]:
        listed = self.cloud.sagemaker.list_endpoints()["Endpoints"]
        return {one["EndpointName"]: one["EndpointStatus"] for one in listed}

    def _settled(self) -> dict[str, str]:
        """Wait until no endpoint is on its way from one status to another, and tell them."""
        until(lambda: all(status in SETTLED for status in self._endpoints().values()))
        return self._endpoints()

    @staticmethod
    def _tried(ask: Callable[..., Any], *arguments: Any, **request: Any) -> Any:
        """Send a request that may be refused; None if it is."""
        try:
            return ask(*arguments, **request) or True
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise
            return None


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateDirectory]:
    own = StateDirectory(tmp_path_factory.mktemp("lifecycles") / "state")
    yield own
    stop(own)


@pytest.fixture(scope="module")
def cloud(state: StateDirectory) -> Iterator[Cloud]:
    with Cloud(client_environment(ensure_running(state))) as clients:
        clients.put("in/a.csv", b"1\n2\n")
        yield clients


def test_create_stop_and_delete_in_any_order_leave_nothing_behind(cloud: Cloud, state: StateDirectory) -> None:
    def machine() -> Lifecycles:
        tried["test_create_stop_and_delete_in_any_order_leave_nothing_behind"] += 1
        return Lifecycles(cloud, state)

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(2, round(CASES / COST)),
            stateful_step_count=12 if CASES >= COST else 8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
