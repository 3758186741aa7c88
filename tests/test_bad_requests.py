"""Both containers over HTTP: bad requests are refused with a 4xx whose JSON says what, where and what to do; odd ones
are answered; neither costs the container memory or its life, or writes a word of the request into its log. Our own WSGI
application and AWS's toolkit give the same bytes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_sagemaker.containers import ContainerResponse, ServingDefinition
from local_sagemaker.containers.source.archive import pack
from pipeline.artefacts.source_code import digests
from pipeline.jobs.container_environment import Serving, image_environment
from tests.bad_requests import (
    JSON,
    MEGABYTE,
    ODD,
    TO_CLASSIFIER,
    TO_PREPROCESSOR,
    WIRE_TEXTS,
    BadRequest,
    OddRequest,
    assert_refused,
)
from tests.container_sources import ARROW
from tests.local_sagemaker.containers.serving_containers import IMAGE, Started, starter
from tests.reliability import note


@dataclass(frozen=True, slots=True)
class BothWays:
    """One container, served by our own WSGI application and by the toolkit."""

    started: Mapping[Serving, Started]

    def same_answer(self, body: bytes, content_type: str, accept: str | None = None) -> ContainerResponse:
        """Send a request to both, hold the answers to each other, and return the answer."""
        answers = {
            serving: started.container.invoke(body, content_type, accept) for serving, started in self.started.items()
        }
        assert answers[Serving.WSGI] == answers[Serving.TOOLKIT]
        return answers[Serving.WSGI]


@dataclass(frozen=True, slots=True)
class Chain:
    """Both containers, and the wire between them for `WIRE_TEXTS`."""

    preprocessor: BothWays
    classifier: BothWays
    wire: bytes


@pytest.fixture(scope="module")
def chain(preprocessor_base: Path, classifier_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    directory = tmp_path_factory.mktemp("chain")
    with starter(directory) as containers:
        found = []
        for base, own in ((preprocessor_base, {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": ARROW}), (classifier_base, {})):
            archive = directory / f"{base.name}.tar.gz"
            pack(base / "model", archive)
            environment = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", **own}
            code = digests(base / "model" / "code")
            found.append(
                BothWays(
                    {
                        serving: containers.of(
                            ServingDefinition(IMAGE, {**image_environment(serving, code), **environment}, archive, None)
                        )
                        for serving in Serving
                    }
                )
            )
        everything = [started.container for both in found for started in both.started.values()]
        for container in everything:
            container.start()
        for container in everything:
            container.wait_until_healthy(60)
        wire = found[0].same_answer(json.dumps(WIRE_TEXTS).encode(), JSON)
        assert wire.status == 200
        yield Chain(*found, wire.body)


def resident_bytes(started: Started) -> int:
    """Add up what the container's processes have in memory."""
    listed = subprocess.run(["ps", "-axo", "pgid=,rss="], capture_output=True, text=True, check=True).stdout
    group = started.container._group  # type: ignore[attr-defined]
    assert group is not None
    rows = (line.split() for line in listed.splitlines())
    return sum(1024 * int(rss) for pgid, rss in rows if int(pgid) == group.identifier)


def refused(both: BothWays, wire: bytes, bad: BadRequest, section: str) -> None:
    body = bad.make(wire)
    before = {serving: resident_bytes(started) for serving, started in both.started.items()}
    answer = both.same_answer(body, bad.content_type, bad.accept)
    assert_refused(answer, bad)
    for serving, started in both.started.items():
        assert resident_bytes(started) - before[serving] < 4 * len(body) + 40 * MEGABYTE
    note("bad-requests", section, f"{bad.kind}: {bad.what}", f"{answer.status} `{bad.code}`")


@pytest.mark.parametrize("bad", TO_PREPROCESSOR, ids=lambda bad: f"{bad.kind}: {bad.what}")
def test_bad_request_to_the_preprocessor_is_refused(chain: Chain, bad: BadRequest) -> None:
    refused(chain.preprocessor, b"", bad, "To the preprocessor")


@pytest.mark.parametrize("bad", TO_CLASSIFIER, ids=lambda bad: f"{bad.kind}: {bad.what}")
def test_bad_request_to_the_classifier_is_refused(chain: Chain, bad: BadRequest) -> None:
    refused(chain.classifier, chain.wire, bad, "To the classifier")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.what)
def test_odd_request_is_answered(chain: Chain, odd: OddRequest) -> None:
    wire = chain.preprocessor.same_answer(odd.make(), odd.content_type)
    assert (wire.status, wire.content_type) == (200, ARROW), wire.body
    answer = chain.classifier.same_answer(wire.body, wire.content_type, JSON)
    assert answer.status == 200, answer.body
    assert len(json.loads(answer.body)["predictions"]) == odd.records
    note("odd-requests", "Odd requests", odd.what, f"200, {odd.records:,} answers")


def test_nothing_of_any_request_is_in_the_log_and_each_line_is_one_event(chain: Chain) -> None:
    secret = "grandmother's maiden name"
    for body, content_type in ((secret, "text/plain"), (f'"{secret}', "text/csv"), (f'{{"text": {secret}', JSON)):
        chain.preprocessor.same_answer(body.encode(), content_type)
    chain.classifier.same_answer(secret.encode(), ARROW, secret)
    for started in (*chain.preprocessor.started.values(), *chain.classifier.started.values()):
        assert not [line for line in started.said if "maiden" in line]
        own = [line for line in started.said if line.startswith("{")]
        assert own
        assert all({"time", "event", "pid"} <= json.loads(line).keys() for line in own)
