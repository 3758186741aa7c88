"""Faults, injected into real processes: what is lost, and what comes back."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local_sagemaker.daemon import RunningServer, client_environment, ensure_running, find, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below
from tests.reliability import note

pytestmark = pytest.mark.long


@pytest.fixture
def cloud(server: RunningServer) -> Iterator[Cloud]:
    with Cloud(client_environment(server)) as clients:
        yield clients


def faults(section: str, what: str, got: str) -> None:
    note("faults", section, what, got)


def group_of(state: StateDirectory, endpoint: str) -> int:
    """Find the process group of an endpoint's only container."""
    lines = working_below(state.work / "endpoints" / endpoint)
    (group,) = {os.getpgid(int(line.split()[0])) for line in lines}
    return group


def killed(state: StateDirectory, server: RunningServer) -> None:
    """Kill the server, and see that nothing of it is left."""
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: find(state) is None and not working_below(state.work))


def test_a_hung_container_is_replaced_and_what_it_never_read_is_answered(cloud: Cloud, state: StateDirectory) -> None:
    cloud.endpoint("hung", cloud.container(SAGEMAKER_MODEL_SERVER_TIMEOUT="4"))
    before = group_of(state, "hung")
    os.killpg(before, signal.SIGSTOP)
    began = time.monotonic()
    assert cloud.invoke("hung", b"in flight") == b"in flight"
    back = time.monotonic() - began
    assert group_of(state, "hung") != before
    assert cloud.sagemaker.describe_endpoint(EndpointName="hung")["EndpointStatus"] == "InService"
    log = cloud.log_lines("/aws/sagemaker/Endpoints/hung", "AllTraffic/")
    assert any("/ping was not answered for" in line for line in log)
    faults(
        "Containers",
        "a container hangs (SIGSTOP; `SAGEMAKER_MODEL_SERVER_TIMEOUT=4`)",
        f"the request that it never read is answered by a new container after {back:.0f} s",
    )
    cloud.delete_endpoint("hung")


def test_requests_wait_for_a_killed_container_instead_of_failing(cloud: Cloud, state: StateDirectory) -> None:
    cloud.endpoint("killed", cloud.container())
    os.killpg(group_of(state, "killed"), signal.SIGKILL)
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: cloud.invoke("killed", b"%d" % n), range(16)))
    assert answers == [b"%d" % n for n in range(16)]
    faults(
        "Containers",
        "a container is killed; 16 requests arrive while it is away",
        f"all answered, after {time.monotonic() - began:.1f} s",
    )
    cloud.delete_endpoint("killed")


def test_a_container_that_keeps_dying_fails_its_endpoint_with_the_reason(cloud: Cloud, state: StateDirectory) -> None:
    cloud.endpoint("dying", cloud.container())
    began = time.monotonic()
    errors: list[str] = []

    def ask() -> None:
        try:
            cloud.invoke("dying", b"crash")
        except ClientError as error:
            errors.append(error.response["Error"]["Code"])

    waiting = threading.Thread(target=ask)
    waiting.start()

    def failed() -> bool:
        for line in working_below(state.work / "endpoints" / "dying"):
            try:
                os.kill(int(line.split()[0]), signal.SIGKILL)
            except ProcessLookupError:
                continue
        status: str = cloud.sagemaker.describe_endpoint(EndpointName="dying")["EndpointStatus"]
        return status == "Failed"

    until(failed)
    waiting.join()
    assert errors == ["ModelError"]
    reason = cloud.sagemaker.describe_endpoint(EndpointName="dying")["FailureReason"]
    assert "ended 6 times and is not started again" in reason
    faults(
        "Containers",
        "a container is killed again at every restart",
        f"restarted five times with growing pauses; after {time.monotonic() - began:.0f} s the endpoint is Failed: "
        f"“{reason.split(' Please')[0]}”",
    )
    cloud.delete_endpoint("dying")


def test_an_endpoint_comes_back_without_its_artefact(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        cloud.endpoint("serving", cloud.container(NAME="kept", PROBE="trace"))
        cloud.s3.delete_object(Bucket=BUCKET, Key="models/probe/model.tar.gz")
        cloud.sagemaker.delete_model(ModelName="serving")
        cloud.sagemaker.delete_endpoint_config(EndpointConfigName="serving")
        killed(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert b'"kept"' in cloud.invoke("serving", b"")
        faults(
            "The server",
            "killed after an endpoint's artefact, model and configuration were deleted",
            "the endpoint is back in service by itself",
        )
        cloud.delete_endpoint("serving")
        assert list(own_state.root.glob("artefacts/*")) == []


def test_a_batch_transform_cut_off_by_a_kill_leaves_no_output_and_runs_again(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    lines = [b"%d\n" % number for number in range(2000)]
    with Cloud(client_environment(server)) as cloud:
        cloud.model("probe", cloud.container(WAIT_SECONDS="300"))
        source = cloud.put("in/a.csv", b"".join(lines))
        cloud.start_transform("cut", "probe", source, BatchStrategy="SingleRecord")
        until(lambda: bool(working_below(own_state.work / "transform")))
        until(lambda: bool(list((own_state.work / "transform").rglob("*.out")) or cloud.keys("out/")) or _asked(cloud))
        killed(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        described = cloud.transformed("cut")
        assert described["TransformJobStatus"] == "Failed"
        assert cloud.keys("out/") == []
        again = cloud.transform("again", "probe", source, output={"S3OutputPath": f"s3://{BUCKET}/out/cut"})
        assert again["TransformJobStatus"] == "Completed", again
        assert cloud.get("out/cut/a.csv.out").replace(b"\n", b"") == b"".join(lines).replace(b"\n", b"")
        faults(
            "Batch transform",
            "the server is killed while a job runs",
            f"the job is Failed (“{described['FailureReason']}”), there is no output; the same job runs again",
        )


def _asked(cloud: Cloud) -> bool:
    return bool(cloud.log_lines("/aws/sagemaker/TransformJobs", "cut"))


class Creators:
    """Creates resources until the server is gone, and remembers what it was told."""

    def __init__(self, cloud: Cloud, prefix: str) -> None:
        self.models: list[str] = []
        self.configs: list[str] = []
        self.endpoints: list[str] = []
        self.objects: list[str] = []
        self._cloud = cloud
        self._prefix = prefix
        self._container = cloud.container()

    def run(self) -> None:
        try:
            for number in range(1000):
                self._create(f"{self._prefix}-{number}", endpoint=number == 0)
        except (BotoCoreError, ClientError):
            return

    def _create(self, name: str, endpoint: bool) -> None:
        self._cloud.put(f"objects/{name}", name.encode())
        self.objects.append(name)
        self.models.append(self._cloud.model(name, self._container))
        self.configs.append(self._cloud.config(name, name))
        if endpoint:
            self._cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
            self.endpoints.append(name)


@pytest.mark.long
def test_killed_at_any_moment_the_server_keeps_what_it_said(own_state: StateDirectory) -> None:
    chance = random.Random()
    models: list[str] = []
    configs: list[str] = []
    objects: list[str] = []
    endpoints: list[str] = []
    rounds = 4
    for round_ in range(rounds):
        server = ensure_running(own_state)
        with Cloud(client_environment(server)) as cloud:
            creators = Creators(cloud, f"round-{round_}")
            creating = threading.Thread(target=creators.run)
            creating.start()
            creating.join(chance.uniform(0.0, 1.5))
            killed(own_state, server)
            creating.join()
        models += creators.models
        configs += creators.configs
        objects += creators.objects
        endpoints += creators.endpoints
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        for model in models:
            cloud.sagemaker.describe_model(ModelName=model)
        for config in configs:
            cloud.sagemaker.describe_endpoint_config(EndpointConfigName=config)
        for name in objects:
            assert cloud.get(f"objects/{name}") == name.encode()
        for endpoint in endpoints:
            cloud.wait_in_service(endpoint)
            assert cloud.invoke(endpoint, b"x") == b"x"
    faults(
        "The server",
        f"killed at {rounds} random moments while a client creates objects, models, configurations and endpoints",
        f"all {len(objects)} objects, {len(models)} models, {len(configs)} configurations and {len(endpoints)} "
        "endpoints that the client was told about are there, the endpoints in service",
    )


def test_no_process_outlives_a_killed_server(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        cloud.endpoint("serving", cloud.container(), cloud.container())
        cloud.start_training("running", HyperParameters={"task": '"wait"'})
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", "running"))
        children = len(working_below(own_state.work))
        began = time.monotonic()
        killed(own_state, server)
        faults(
            "The server",
            f"killed with {children} processes of containers below it",
            f"none is left after {time.monotonic() - began:.1f} s",
        )


def _with_their_groups(leaders: Sequence[int]) -> list[int]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getpgid(process.pid) in leaders and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def test_what_a_killed_server_and_its_killed_guards_left_is_killed_by_the_next(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        cloud.endpoint("serving", cloud.container())
    guards = [int(line.split()[0]) for line in working_below(own_state.work) if "guard.py" in line]
    left = set(_with_their_groups(guards)) - set(guards)
    os.kill(server.pid, signal.SIGSTOP)  # or it would start the container again
    for pid in (*guards, server.pid):
        os.kill(pid, signal.SIGKILL)
    until(lambda: find(own_state) is None)
    assert left & set(_with_their_groups(guards))
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert cloud.invoke("serving", b"x") == b"x"
    assert not left & set(_with_their_groups(guards))


def test_everything_killed_at_once_as_by_a_power_cut_comes_back(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        cloud.endpoint("serving", cloud.container(), cloud.container())
        cloud.train("done")
        cloud.put("kept", b"kept")
        cloud.start_training("running", HyperParameters={"task": '"wait"'})
        until(lambda: "waiting" in cloud.log_lines("/aws/sagemaker/TrainingJobs", "running"))
        seen = [server.pid, *(int(line.split()[0]) for line in working_below(own_state.work))]
        pids = _with_their_groups(seen)  # in a namespace of its own nobody sees where a process works
        random.shuffle(pids)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: find(own_state) is None and not _with_their_groups(seen))
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        began = time.monotonic()
        assert cloud.invoke("serving", b"x") == b"x"
        back = time.monotonic() - began
        assert cloud.trained("done")["TrainingJobStatus"] == "Completed"
        assert cloud.get("kept") == b"kept"
        reason = cloud.trained("running")["FailureReason"]
        assert "stopped while the job was running" in reason
        faults(
            "The server",
            f"all of it killed at once, {len(pids)} processes in any order, as by a power cut",
            f"objects and finished jobs are there; the endpoint answers after {back:.1f} s; the running job is Failed: "
            f"“{reason}”",
        )


def test_a_container_that_answers_without_end_costs_an_error_and_no_memory(cloud: Cloud, server: RunningServer) -> None:
    cloud.endpoint("endless", cloud.container(PROBE="endless"))
    before = resident(server.pid)
    with pytest.raises(ClientError) as refused:
        cloud.invoke("endless", b"x")
    grown = resident(server.pid) - before
    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert "longer than" in refused.value.response["OriginalMessage"]
    assert grown < 1200 * 2**20
    faults("Containers", "a container answers without end", "`ModelError` when the answer is longer than 512 MiB")
    cloud.delete_endpoint("endless")


def resident(pid: int) -> int:
    return 1024 * int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)


def fill(cloud: Cloud) -> None:
    for number in range(10):
        cloud.put(f"large/{number}", os.urandom(2_000_000))


def test_a_full_disk_is_said_and_costs_nothing_that_was_stored(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    state = StateDirectory(disk / "state")
    try:
        with Cloud(client_environment(ensure_running(state))) as cloud:
            cloud.put("kept", b"kept")
            with pytest.raises(ClientError) as refused:
                fill(cloud)
            error = refused.value.response["Error"]
            assert cloud.get("kept") == b"kept"
            cloud.s3.delete_object(Bucket=BUCKET, Key="large/0")
            cloud.put("again", b"again")
            assert cloud.get("again") == b"again"
        faults(
            "The machine",
            "the disk is full",
            f"`{error['Code']}`; what was stored can be read, and after a deletion there is room again",
        )
    finally:
        stop(state)
        subprocess.run(["umount", str(disk)], check=True)
