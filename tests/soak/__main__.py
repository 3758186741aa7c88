"""Runs the soak and says what it saw; exits 1 when an answer was wrong, a request was lost, or something grew."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import boto3

from local_sagemaker.daemon import RunningServer, client_environment, find, stop
from local_sagemaker.state import StateDirectory
from tests.reliability import note
from tests.soak.disturbances import KILL_SECONDS, UPDATE_SECONDS, Kills, Rhythm, Updates
from tests.soak.gauges import Gauges, look
from tests.soak.load import Load, Seen
from tests.soak.requests import Answer, Client, Request, mix

CLIENTS = 64
SHORTEST, USUAL, LONGEST = 100.0, 120.0, 300.0
MINUTE, WINDOW = 60.0, 20.0
GROWTH = 1.1
SPARE_FILES = 16
"""Connections to containers that one moment happens to have more than another."""
NAME = "soak"
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a soak measured."""

    seconds: float
    clients: int
    answered: dict[str, int]
    per_second: float
    longest_seconds: float
    wrong: int
    lost: int
    in_flight_at_a_kill: int
    kills: int
    updates: int
    updates_refused: int
    resident_mb_after_a_minute: float
    resident_mb_at_the_end: float
    files_after_a_minute: int
    files_at_the_end: int
    files_at_rest_before: int
    files_at_rest_after: int

    @property
    def complaints(self) -> list[str]:
        """What must not be."""
        found = {
            "wrong answers": self.wrong,
            "lost requests": self.lost,
            "refused updates": self.updates_refused,
            "more memory": self.resident_mb_at_the_end > GROWTH * self.resident_mb_after_a_minute,
            "more open files under load": self.files_at_the_end > self.files_after_a_minute + SPARE_FILES,
            "more open files at rest": self.files_at_rest_after > self.files_at_rest_before + SPARE_FILES,
            "no update or no kill": not (self.updates and self.kills),
        }
        return [what for what, seen in found.items() if seen]


def deployed(state: StateDirectory) -> RunningServer:
    """Train and deploy the sample corpus, as a user does, on a server of the soak's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "PIPELINE_"))}
    environment = {**kept, "SAGEMAKER_LOCAL_STATE": str(state.root), "PIPELINE_NAME": NAME, "TARGET": "local"}
    for command in (["train", "--dataset", "sample"], ["deploy-pipeline"]):
        subprocess.run([sys.executable, "-m", "pipeline", *command], cwd=CHECKOUT, env=environment, check=True)
    server = find(state)
    assert server is not None
    return server


def soak(state: StateDirectory, seconds: float) -> Figures:
    """Load, disturb and watch."""
    server = deployed(state)
    environment = client_environment(server)
    sagemaker = boto3.client(
        "sagemaker",
        endpoint_url=server.url,
        region_name=environment["AWS_REGION"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    right = right_answers(server)
    updates, kills = Updates(sagemaker, NAME), Kills(state.work / "endpoints" / NAME)
    warm(server, right)
    before = at_rest(server, updates, right)
    begun = updates.begun
    load, gauges = Load(server.url, NAME, right, CLIENTS), Gauges(server.pid)
    began = time.monotonic()
    load.start()
    rhythms = [Rhythm(updates.step, UPDATE_SECONDS), Rhythm(kills.step, KILL_SECONDS)]
    print(f"{CLIENTS} clients for {seconds:.0f} s", flush=True)
    time.sleep(seconds)
    for rhythm in rhythms:
        rhythm.stop()
    gauges.stop()
    load.stop()
    took = time.monotonic() - began
    updated = updates.begun - begun
    return figures(
        load.seen, took, gauges, seconds, kills, updated, updates.refused, before, at_rest(server, updates, right)
    )


def figures(
    seen: Seen,
    took: float,
    gauges: Gauges,
    seconds: float,
    kills: Kills,
    updates: int,
    refused: list[str],
    before: int,
    after: int,
) -> Figures:
    """Put the figures together, and say what was wrong or lost."""
    lost = [miss for miss in seen.missed if not miss.in_flight_at(kills.moments)]
    for line in [*seen.wrong[:10], *(f"{miss.kind} lost: {miss.what}" for miss in lost[:10]), *refused]:
        print(line, file=sys.stderr)
    early, late = gauges.around(MINUTE - WINDOW / 2, MINUTE + WINDOW / 2), gauges.around(seconds - WINDOW, seconds)
    return Figures(
        seconds=round(took, 1),
        clients=CLIENTS,
        answered=dict(seen.answers),
        per_second=round(sum(seen.answers.values()) / took, 1),
        longest_seconds=round(seen.longest, 2),
        wrong=len(seen.wrong),
        lost=len(lost),
        in_flight_at_a_kill=len(seen.missed) - len(lost),
        kills=len(kills.moments),
        updates=updates,
        updates_refused=len(refused),
        resident_mb_after_a_minute=round(early.resident / 1024, 1),
        resident_mb_at_the_end=round(late.resident / 1024, 1),
        files_after_a_minute=early.files,
        files_at_the_end=late.files,
        files_at_rest_before=before,
        files_at_rest_after=after,
    )


def right_answers(server: RunningServer) -> dict[Request, Answer]:
    """Ask everything once, without load: these are the right answers."""
    texts = [
        f"Subject: number {number}\n\nThe {word} of the {other} costs {number} dollars, and nobody drives it."
        for number, (word, other) in enumerate(
            (word, other)
            for word in ("rocket", "engine", "encryption", "goalie", "doctor", "window", "motorcycle", "church")
            for other in ("orbit", "key", "team", "patient", "driver", "image", "law", "modem", "bike", "faith") * 3
        )
    ]
    client = Client(server.url, NAME)
    right = {request: client.send(request) for request in mix(texts)}
    client.close()
    for request, answer in right.items():
        assert (answer.status == 200) != (request.kind == "bad"), (request, answer)
        assert not answer.lost, (request, answer)
    return right


def warm(server: RunningServer, right: dict[Request, Answer]) -> None:
    """Load everything for some seconds, so that what is made once is made."""
    load = Load(server.url, NAME, right, CLIENTS)
    load.start()
    time.sleep(5)
    load.stop()


def at_rest(server: RunningServer, updates: Updates, right: dict[Request, Answer]) -> int:
    """Count the server's open files once nothing closes any more, with containers that were asked each thing once: how
    many connections they had under load is chance.
    """
    updates.settle()
    client = Client(server.url, NAME)
    for request in right:
        client.send(request)
    client.close()
    time.sleep(3)
    return look(server.pid, 0.0).files


def main() -> int:
    """Run for `SOAK_SECONDS`; print and note the figures; return the exit code."""
    seconds = min(LONGEST, max(SHORTEST, float(os.environ.get("SOAK_SECONDS") or USUAL)))
    directory = Path(tempfile.mkdtemp(prefix="soak-"))
    state = StateDirectory(directory / "state")
    try:
        measured = soak(state, seconds)
    finally:
        stop(state)
        shutil.rmtree(directory)
        for prepared in (CHECKOUT / "prepared").glob(f"{NAME}*"):
            shutil.rmtree(prepared)
    report = {**asdict(measured), "complaints": measured.complaints}
    print(json.dumps(report, indent=1))
    for name, value in report.items():
        note("soak", "Soak", name.replace("_", " "), json.dumps(value))
    return 1 if measured.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
