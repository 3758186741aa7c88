"""What the local SageMaker adds to InvokeEndpoint: over boto3's own cost, and over the containers' own time."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, cycle
from pathlib import Path
from typing import Any

import boto3

from benchmarks.speed import local_sagemaker, models
from benchmarks.speed.corpora import corpus
from benchmarks.speed.results import Section
from benchmarks.speed.taking_turns import alternate
from local_sagemaker.containers import ServingContainer, ServingDefinition
from pipeline.artefacts import source_code
from pipeline.jobs.container_environment import Serving, image_environment
from pipeline.jobs.staged_parts import staged
from tests.container_sources import ARROW, CHECKOUT, PREPROCESSOR

_AT_ONCE = 20


def measure(rounds: int) -> Section:
    """Call an endpoint, a bare HTTP server, and the two containers themselves, in turns."""
    section = Section(
        "invoke",
        "InvokeEndpoint on the local SageMaker",
        f"One record a call, {_AT_ONCE} calls a turn, {rounds} turns: boto3's `invoke_endpoint` of the endpoint; the "
        "same call to a bare HTTP server, in a process of its own, that answers a constant; the two containers asked "
        "directly, one after the other; and, for each record, that call and then the containers: what all of them take "
        "when each finds the processor's caches as the others left them, as in the first.",
    )
    for profile in ("seed", "best"):
        medians = _medians(profile, rounds)
        for name, seconds in medians.items():
            section.add(f"{profile}, {name}", "median", seconds * 1e3, "ms")
    judge(section)
    return section


def judge(section: Section) -> None:
    """Hold what the local SageMaker adds to what it may."""
    for profile in ("seed", "best"):
        whole, bare, containers = (
            section.value(f"{profile}, {name}", "median") for name in ("InvokeEndpoint", "bare server", "containers")
        )
        added = whole - bare - containers
        section.at_most(f"`{profile}`, over boto3's own cost and the containers' own time", added, 0.5, "ms")


def _medians(profile: str, rounds: int) -> dict[str, float]:
    bodies = [staged([text]) for text in corpus(profile).test[:500]]
    with ExitStack() as stack:
        local = stack.enter_context(local_sagemaker.running())
        local.model("pipeline", models.ours(profile).archives)
        local.endpoint("pipeline")
        bare = boto3.client(
            "sagemaker-runtime",
            endpoint_url=stack.enter_context(_bare_server()),
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        containers = [stack.enter_context(_container(archive)) for archive in models.ours(profile).archives]
        contenders = {
            "InvokeEndpoint": _turn(lambda body: _invoke(local.runtime, body), bodies),
            "bare server": _turn(lambda body: _invoke(bare, body), bodies),
            "containers": _turn(lambda body: _ask(containers, body), bodies),
            "bare server, then containers": _turn(lambda body: (_invoke(bare, body), _ask(containers, body)), bodies),
        }
        alternate(contenders, 12)
        turns = alternate(contenders, rounds)
    return {name: statistics.median(chain.from_iterable(found)) for name, found in turns.items()}


def _invoke(runtime: Any, body: bytes) -> bytes:
    answer = runtime.invoke_endpoint(EndpointName="pipeline", Body=body, ContentType="text/csv", Accept="text/csv")
    content: bytes = answer["Body"].read()
    return content


def _ask(containers: Sequence[ServingContainer], body: bytes) -> bytes:
    first, second = containers
    return second.invoke(first.invoke(body, "text/csv", None).body, ARROW, "text/csv").body


def _turn(ask: Callable[[bytes], object], bodies: list[bytes]) -> Callable[[], list[float]]:
    coming = cycle(bodies)

    def turn() -> list[float]:
        found = []
        for _ in range(_AT_ONCE):
            body = next(coming)
            began = time.perf_counter()
            ask(body)
            found.append(time.perf_counter() - began)
        return found

    return turn


@contextmanager
def _container(archive: Path) -> Iterator[ServingContainer]:
    environment = {
        **image_environment(Serving.WSGI, source_code.digests(PREPROCESSOR)),
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": ARROW,
    }
    definition = ServingDefinition(local_sagemaker.IMAGE, environment, model_archive=archive, source_archive=None)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        base = Path(directory)
        container = ServingContainer(definition, base / "container", base / "requirements", log=lambda line: None)
        try:
            container.start()
            container.wait_until_healthy(60)
            yield container
        finally:
            container.stop()


@contextmanager
def _bare_server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.speed.bare_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()
