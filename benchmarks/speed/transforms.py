"""Batch transforms through the local SageMaker: the time per record and the memory, of few records and of many."""

from __future__ import annotations

from benchmarks.speed import local_sagemaker, models
from benchmarks.speed.corpora import corpus
from benchmarks.speed.local_sagemaker import BUCKET, LocalSageMaker
from benchmarks.speed.processes import PeakMemory
from benchmarks.speed.results import Section
from pipeline.jobs.staged_parts import split_into_parts

COPIES = (1, 10, 100)


def measure(largest: int) -> Section:
    """Transform the test split, 10 and 100 copies of it (as far as `largest`)."""
    copies = [number for number in COPIES if number <= largest]
    section = Section(
        "transform",
        "Batch transform of many records",
        "Both containers of each profile on the local SageMaker, CSV in, categories out, the test split staged as the "
        "commands stage it, once for each copy. Time from the job's TransformStartTime (the containers are up) to its "
        "TransformEndTime; memory is the resident sets of server and containers added up, the most that was seen.",
    )
    for profile in ("seed", "best"):
        with local_sagemaker.running() as local:
            local.model("pipeline", models.ours(profile).archives)
            _stage(local, profile, 1)
            local.transform("warm", "pipeline", "in-1/")
            seconds, memory = {}, {}
            for number in copies if profile == "seed" else copies[:-1]:
                _stage(local, profile, number)
                with PeakMemory(local.server.pid) as peak:
                    job = local.transform(f"copies-{number}", "pipeline", f"in-{number}/")
                took = (job["TransformEndTime"] - job["TransformStartTime"]).total_seconds()
                seconds[number] = took / (number * len(corpus(profile).test))
                memory[number] = peak.bytes
                section.add(profile, f"{number} copies, time", seconds[number] * 1e6, "µs/record")
                section.add(profile, f"{number} copies, peak memory", memory[number] / 1e6, "MB")
            if 100 in seconds:
                section.at_most(
                    f"`{profile}`, time per record, 100 copies against 10", seconds[100] / seconds[10], 1.05
                )
                section.at_most(f"`{profile}`, peak memory, 100 copies against 10", memory[100] / memory[10], 1.1)
    return section


def _stage(local: LocalSageMaker, profile: str, copies: int) -> None:
    parts = list(split_into_parts(corpus(profile).test))
    for copy in range(copies):
        for part in parts:
            local.s3.put_object(Bucket=BUCKET, Key=f"in-{copies}/{copy:03d}-{part.name}", Body=part.content)
