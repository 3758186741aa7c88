"""From CreateProcessingJob to the script's first line, and what a container's own `/opt/ml` costs of that."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.speed.local_sagemaker import IMAGE, LocalSageMaker, running
from benchmarks.speed.results import Section
from benchmarks.speed.taking_turns import alternate, median_ratio
from local_sagemaker.containers import namespaces

_WITH, _WITHOUT = "with its own /opt/ml", "without"
_GROUP = "/aws/sagemaker/ProcessingJobs"
_FIRST_LINE = ["python3", "-c", "import time; print(time.time(), flush=True)"]
_CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
_ROLE = "arn:aws:iam::123456789012:role/benchmarks"
_PATIENCE_SECONDS = 60.0


def measure(rounds: int) -> Section:
    """Let a server with namespaces and one without take turns at the same job."""
    section = Section(
        "namespaces",
        "Start of a job",
        f"A processing job whose script says what time it is; {rounds} jobs of each of two local SageMakers, in turns, "
        "after one that does not count. The costs of the namespaces are the median over the rounds of the difference.",
    )
    servers = {_WITHOUT: "off", **({} if namespaces.unavailable() else {_WITH: ""})}
    with ExitStack() as stack:
        contenders = {}
        for name, switch in servers.items():
            local = stack.enter_context(_switched(switch))
            contenders[name] = partial(_seconds_to_first_line, local)
            contenders[name]()
        found = alternate(contenders, rounds)
    for name, seconds in found.items():
        section.add(name, "CreateProcessingJob to the script's first line", statistics.median(seconds), "s")
        section.at_most(f"{name}: CreateProcessingJob to the first line", statistics.median(seconds), 0.5, "s")
    if _WITH in found:
        compare(section, found[_WITH], found[_WITHOUT])
    else:
        section.notes.append(f"what namespaces cost, as {namespaces.unavailable()}")
    return section


def compare(section: Section, having: list[float], lacking: list[float]) -> None:
    """Note what the jobs of one server take longer than the other's of the same round, in seconds."""
    costs = statistics.median(one - other for one, other in zip(having, lacking, strict=True))
    section.add(_WITH, "longer than without", 1000 * costs, "ms")
    section.add(_WITH, "over without", median_ratio(having, lacking), "×")
    section.at_most("what namespaces cost a container", 1000 * costs, 30, "ms")


@contextmanager
def _switched(switch: str) -> Iterator[LocalSageMaker]:
    """Start a server that has namespaces or none; it reads the switch as it starts."""
    before = os.environ.get(namespaces.VARIABLE)
    os.environ[namespaces.VARIABLE] = switch
    with running() as local:
        if before is None:
            del os.environ[namespaces.VARIABLE]
        else:
            os.environ[namespaces.VARIABLE] = before
        yield local


def _seconds_to_first_line(local: LocalSageMaker) -> float:
    name, began = f"job-{time.time_ns()}", time.time()
    local.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=_ROLE,
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": _FIRST_LINE},
        ProcessingResources={"ClusterConfig": _CLUSTER},
    )
    return _first_line(local, name) - began


def _first_line(local: LocalSageMaker, name: str) -> float:
    """Wait for the job's end and read what its script has said."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        described = local.sagemaker.describe_processing_job(ProcessingJobName=name)
        if described["ProcessingJobStatus"] == "Completed":
            events = local.logs.filter_log_events(logGroupName=_GROUP, logStreamNamePrefix=name)["events"]
            return float(events[0]["message"])
        if described["ProcessingJobStatus"] in ("Failed", "Stopped"):
            raise RuntimeError(f"processing job {name}: {described.get('FailureReason')}")
        time.sleep(0.02)
    raise TimeoutError(f"processing job {name} did not end in {_PATIENCE_SECONDS:g} s")
