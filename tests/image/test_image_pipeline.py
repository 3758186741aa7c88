"""Both source folders, trained, served and chained in the image and in the local runtime, by our own WSGI application
and by the toolkit: the same bytes everywhere.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.ipc
import pytest

from local_sagemaker.containers import ContainerFailed, TrainingOutcome
from pipeline import profiles
from pipeline.artefacts.source_code import Container
from pipeline.jobs.container_environment import Serving
from tests.bad_requests import ODD, TO_CLASSIFIER, TO_PREPROCESSOR, BadRequest, OddRequest, assert_refused
from tests.image.both_stacks import START_TIMEOUT_SECONDS, ServedBothWays, TrainingPair, serving, train
from tests.image.image_stack import ImageServing
from tests.image.source_folders import lay_out_channels, packed, serving_definition, training_definition
from tests.reliability import note

pytestmark = pytest.mark.image

ARROW = "application/vnd.apache.arrow.stream"
TEXTS = {
    "comp.graphics": "The graphics card renders {} polygons and the image format is GIF",
    "rec.sport.hockey": "The goalie stopped {} shots and the puck left the ice",
    "sci.space": "Subject: orbit {}\u2028From: nobody\u2028\u2028The shuttle reaches orbit, the moon is far",
    "talk.politics, misc": 'They said "no" to {} laws … größer, café, naïve',
}
ENVIRONMENT = {Container.PREPROCESSOR: {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": ARROW}, Container.CLASSIFIER: {}}
STOP_WORDS = b"the\nand\nis\nto\nthey\n"


def _csv(texts: list[str]) -> bytes:
    return "".join('"' + text.replace('"', '""') + '"\n' for text in texts).encode()


RECORDS = [(text.format(number), category) for number in range(12) for category, text in TEXTS.items()]
TRAINING_TEXTS = [text for text, _ in RECORDS] + [""]
TRAINING_LABELS = [category for _, category in RECORDS] + ["sci.space"]
TRAINING_CSV = b"data,label_names\n" + b"".join(
    b",".join(_csv([field]).strip() for field in record) + b"\n"
    for record in zip(TRAINING_TEXTS, TRAINING_LABELS, strict=True)
)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Both containers, trained and serving in both stacks, with the wire bytes between them."""

    jobs: dict[Container, TrainingPair]
    serving: dict[Container, ServedBothWays]
    features: bytes


@pytest.fixture(scope="module")
def pipeline(image_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    directory = tmp_path_factory.mktemp("pipeline")
    profile = profiles.load(profiles.DEFAULT)
    with ExitStack() as running:
        channels = {
            "train": {"train.csv": TRAINING_CSV},
            "stopwords": {"stopwords.txt": STOP_WORDS, "stopwords.json": b'{"source": "test"}'},
        }
        first = _trained(Container.PREPROCESSOR, directory, channels, profile.preprocessor)
        preprocessor = running.enter_context(_served(Container.PREPROCESSOR, directory, first))
        features = preprocessor.same_answer(_csv(TRAINING_TEXTS), "text/csv").body
        channels = {
            "features": {"part-00000.csv.out": features},
            "labels": {"part-00000.csv": _csv(TRAINING_LABELS)},
        }
        second = _trained(Container.CLASSIFIER, directory, channels, profile.classifier)
        classifier = running.enter_context(_served(Container.CLASSIFIER, directory, second))
        yield Pipeline(
            {Container.PREPROCESSOR: first, Container.CLASSIFIER: second},
            {Container.PREPROCESSOR: preprocessor, Container.CLASSIFIER: classifier},
            features,
        )


def _trained(
    container: Container, directory: Path, channels: dict[str, dict[str, bytes]], settings: dict[str, profiles.Value]
) -> TrainingPair:
    bases = directory / f"{container}-job-image", directory / f"{container}-job-local"
    for base in bases:
        lay_out_channels(base, container.folder, channels)
    hyperparameters = {"profile": profiles.DEFAULT, "dataset": "of the image tests", **settings}
    runs = train(training_definition(channels, hyperparameters), *bases)
    assert [run.outcome for run in runs] == [TrainingOutcome(0, None)] * 2, (bases[0] / "output.log").read_text()
    return runs


@contextmanager
def _served(container: Container, directory: Path, runs: TrainingPair) -> Iterator[ServedBothWays]:
    """Serve what the image trained in both stacks, both ways."""
    archive = packed(runs.image.base / "model", directory / f"{container}.tar.gz")
    definitions = {f"{container}-{way}": serving_definition(archive, way, **ENVIRONMENT[container]) for way in Serving}
    with serving(definitions, directory) as pairs:
        yield ServedBothWays({way: pairs[f"{container}-{way}"] for way in Serving})


@pytest.mark.parametrize("container", Container)
def test_both_stacks_train_the_same_artefact(pipeline: Pipeline, container: Container) -> None:
    image, local = (_files_below(run.base / "model") for run in pipeline.jobs[container])
    of_image, of_local = (_manifest(files) for files in (image, local))
    assert local == image
    assert of_local == of_image
    assert {name.split("/")[0] for name in image} == {"code", "serving"}


@pytest.mark.parametrize("container", Container)
def test_both_stacks_write_the_same_output_data(pipeline: Pipeline, container: Container) -> None:
    image, local = (_files_below(run.base / "output" / "data") for run in pipeline.jobs[container])
    assert local == image


def _files_below(directory: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def _manifest(files: dict[str, bytes]) -> dict[str, Any]:
    """Take the manifest out of an artefact, and the pickle, which the libraries' versions colour."""
    manifest: dict[str, Any] = json.loads(files.pop("manifest.json"))
    del files["model.joblib"], manifest["files"]["model.joblib"], manifest["libraries"], manifest["python"]
    return manifest


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


TEXT_REQUESTS: dict[str, tuple[bytes, str | None]] = {
    "plain": (b"the puck and the goalie", "text/plain"),
    "plain with charset": ("größer café".encode(), "text/plain; charset=utf-8"),
    "plain in Latin-1": ("größer café".encode("latin-1"), "text/plain; charset=iso-8859-1"),
    "plain with headers": (b"Subject: orbit\r\nFrom: x\r\n\r\nthe moon\rshuttle", "text/plain"),
    "plain of Unicode": ("größer 世界 \u2028 \U0001f600 naïve".encode(), "text/plain"),
    "plain of no known word": (b"zzzz", "text/plain"),
    "plain, invalid UTF-8": (b"caf\xe9 orbit", "text/plain"),
    "plain, empty": (b"", "text/plain"),
    "CSV": (_csv(TRAINING_TEXTS), "text/csv"),
    "CSV with charset": (_csv(TRAINING_TEXTS), "text/csv; charset=utf-8"),
    "CSV in another case": (_csv(TRAINING_TEXTS), "Text/CSV;Charset=UTF-8"),
    "CSV with quoted newlines": (b'"the puck\nand the goalie"\n"orbit\r\nmoon"\n', "text/csv"),
    "CSV with an empty text": (b'""\n"orbit"\n""\n', "text/csv"),
    "CSV with line separators": ("Subject: orbit\u2028\u2028moon\n".encode(), "text/csv"),
    "CSV with doubled quotes": (b'"they said ""no"""\n', "text/csv"),
    "CSV with CRLF": (b'"orbit"\r\npuck\r\n', "text/csv"),
    "CSV without a last newline": (b"orbit\npuck", "text/csv"),
    "CSV with a byte order mark": (b"\xef\xbb\xbforbit\n", "text/csv"),
    "CSV with an open quote": (b'"orbit\npuck\n', "text/csv"),
    "CSV of two columns": (b"orbit,puck\n", "text/csv"),
    "CSV, invalid UTF-8": (b"caf\xe9 orbit\n", "text/csv"),
    "CSV, replacement character": ("caf\ufffd orbit\n".encode(), "text/csv"),
    "CSV, unknown charset": (b"orbit\n", "text/csv; charset=klingon"),
    "CSV, empty": (b"", "text/csv"),
    "CSV with NUL": (b"or\x00bit\n", "text/csv"),
    "CSV, long field": (b'"' + b"orbit moon " * 20_000 + b'"\n', "text/csv"),
    "JSON string": (_json("the moon"), "application/json"),
    "JSON list": (_json(TRAINING_TEXTS), "application/json"),
    "JSON text": (_json({"text": "größer orbit"}), "application/json; charset=utf-8"),
    "JSON instances": (_json({"instances": ["orbit", {"text": "puck\nice"}, ""]}), "application/json"),
    "JSON, nothing in the list": (b"[]", "application/json"),
    "JSON, lone surrogate": (b'"\\ud800 orbit"', "application/json"),
    "JSON, number": (b"7", "application/json"),
    "JSON, wrong key": (_json({"texts": "x"}), "application/json"),
    "JSON, broken": (b'{"text": ', "application/json"),
    "JSON, deep": (b"[" * 100_000, "application/json"),
    "JSON, NaN": (b"[NaN]", "application/json"),
    "JSON, invalid UTF-8": (b'"caf\xe9"', "application/json"),
    "JSON without a Content-Type": (_json("the moon"), None),
    "JSON Lines": (b'"orbit"\n{"text": "puck"}\n', "application/jsonlines"),
    "JSON Lines with charset": ('"größer"'.encode(), "application/jsonlines; charset=utf-8"),
    "JSON Lines, one broken": (b'"orbit"\n{"text"\n', "application/jsonlines"),
    "JSON Lines, invalid UTF-8": (b'"orbit"\n"caf\xe9"\n', "application/jsonlines"),
    "another type": (b"orbit", "application/pdf"),
    "no such type": (b"orbit", "orbit"),
}
VECTOR_ACCEPTS = [
    None,
    "",
    "*/*",
    ARROW,
    "application/x-npz",
    "application/x-recordio-protobuf",
    "application/json",
    "application/x-npz;q=0.5, */*;q=0.1",
    "application/*",
    "text/html",
    "nonsense",
]
ANSWER_ACCEPTS = [
    None,
    "*/*",
    "text/csv",
    "application/json",
    "application/jsonlines",
    "text/csv; header=absent",
    ARROW,
]


@pytest.mark.parametrize(("body", "content_type"), TEXT_REQUESTS.values(), ids=TEXT_REQUESTS)
def test_preprocessor_and_chain_answer_the_same_bytes(
    pipeline: Pipeline, body: bytes, content_type: str | None
) -> None:
    wire = pipeline.serving[Container.PREPROCESSOR].same_answer(body, content_type)
    if wire.status != 200:
        assert 400 <= wire.status < 500, wire.body
        assert json.loads(wire.body)["error"]["message"]
        return
    assert wire.content_type == ARROW
    answer = pipeline.serving[Container.CLASSIFIER].same_answer(wire.body, wire.content_type)
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("accept", VECTOR_ACCEPTS)
def test_every_vector_format_is_the_same(pipeline: Pipeline, accept: str | None) -> None:
    pipeline.serving[Container.PREPROCESSOR].same_answer(_csv(TRAINING_TEXTS), "text/csv", accept)


@pytest.mark.parametrize("accept", ANSWER_ACCEPTS)
def test_every_answer_format_is_the_same(pipeline: Pipeline, accept: str | None) -> None:
    pipeline.serving[Container.CLASSIFIER].same_answer(pipeline.features, ARROW, accept)


def test_chain_answers_one_right_category_per_record(pipeline: Pipeline) -> None:
    answer = pipeline.serving[Container.CLASSIFIER].same_answer(pipeline.features, ARROW, "text/csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.body.decode().splitlines()[:-1] == [_csv_field(label) for label in TRAINING_LABELS[:-1]]
    assert len(answer.body.decode().splitlines()) == len(TRAINING_LABELS)


def _csv_field(text: str) -> str:
    return f'"{text}"' if "," in text else text


@pytest.mark.parametrize("container", Container)
def test_batch_transform_is_told_the_same(pipeline: Pipeline, container: Container) -> None:
    ways = pipeline.serving[container].ways.values()
    told = [stack.execution_parameters() for pair in ways for stack in (pair.image, pair.local)]
    assert told == [told[0]] * 4
    assert (told[0] is not None) is (container is Container.PREPROCESSOR)


def test_our_own_application_is_served_from_the_artefact_and_nothing_is_installed(pipeline: Pipeline) -> None:
    for served in pipeline.serving.values():
        by_toolkit, by_wsgi = (served.ways[way].image.base for way in (Serving.TOOLKIT, Serving.WSGI))
        assert (by_toolkit / "code" / "setup.py").is_file()
        assert not list((by_wsgi / "code").glob("*"))
        assert not list(by_wsgi.glob("overlay/lib/python3.12/site-packages/*inference*"))


@pytest.mark.parametrize("container", Container)
def test_changed_artefact_ends_the_container_with_one_line(
    pipeline: Pipeline, container: Container, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(pipeline.jobs[container].image.base / "model", tmp_path / "model"))
    next((model / "serving").glob("*weights.npy")).write_bytes(b"other weights")
    broken = ImageServing(serving_definition(packed(model, tmp_path / "model.tar.gz"), Serving.WSGI), tmp_path / "base")
    try:
        broken.start()
        with pytest.raises(ContainerFailed, match="the launcher died"):
            broken.wait_until_healthy(START_TIMEOUT_SECONDS)
        said = [json.loads(line) for line in broken.output().splitlines() if line.startswith("{")]
        assert [line["event"] for line in said] == ["refused to start"]
        assert "Traceback" not in broken.output()
    finally:
        broken.stop()


BROKEN_WIRES = {
    "cut short": lambda wire: wire[:-200],
    "one byte": lambda wire: wire[:1],
    "nothing": lambda wire: b"",
    "no Arrow": lambda wire: b"a,b\n",
    "two streams": lambda wire: wire + wire,
    "a newline between": lambda wire: wire + b"\n" + wire,
    "another vocabulary": lambda wire: wire.replace(_fingerprint(wire), b"0" * len(_fingerprint(wire))),
}


def _fingerprint(wire: bytes) -> bytes:
    metadata = pyarrow.ipc.open_stream(wire).schema.metadata
    fingerprint: bytes = metadata[b"fingerprint"]
    return fingerprint


@pytest.mark.parametrize("broken", BROKEN_WIRES.values(), ids=BROKEN_WIRES)
def test_classifier_refuses_broken_wires_in_the_same_words(
    pipeline: Pipeline, broken: Callable[[bytes], bytes]
) -> None:
    answer = pipeline.serving[Container.CLASSIFIER].same_answer(broken(pipeline.features), ARROW)
    assert answer.status < 500


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", f"{ARROW}; charset=utf-8", None])
def test_classifier_takes_arrow_alone(pipeline: Pipeline, content_type: str | None) -> None:
    answer = pipeline.serving[Container.CLASSIFIER].same_answer(pipeline.features, content_type)
    assert answer.status in (200, 415)


@pytest.mark.parametrize("bad", TO_PREPROCESSOR, ids=lambda bad: f"{bad.kind}: {bad.what}")
def test_bad_request_to_the_preprocessor_is_refused_as_json(pipeline: Pipeline, bad: BadRequest) -> None:
    answer = pipeline.serving[Container.PREPROCESSOR].same_answer(bad.make(), bad.content_type, bad.accept)
    assert_refused(answer, bad)
    note("bad-requests-image", "To the preprocessor", f"{bad.kind}: {bad.what}", f"{answer.status} `{bad.code}`")


@pytest.mark.parametrize("bad", TO_CLASSIFIER, ids=lambda bad: f"{bad.kind}: {bad.what}")
def test_bad_request_to_the_classifier_is_refused_as_json(pipeline: Pipeline, bad: BadRequest) -> None:
    body = bad.make(pipeline.features)
    answer = pipeline.serving[Container.CLASSIFIER].same_answer(body, bad.content_type, bad.accept)
    assert_refused(answer, bad)
    note("bad-requests-image", "To the classifier", f"{bad.kind}: {bad.what}", f"{answer.status} `{bad.code}`")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.what)
def test_odd_request_is_answered(pipeline: Pipeline, odd: OddRequest) -> None:
    wire = pipeline.serving[Container.PREPROCESSOR].same_answer(odd.make(), odd.content_type)
    assert wire.status == 200, wire.body
    answer = pipeline.serving[Container.CLASSIFIER].same_answer(wire.body, wire.content_type, "application/json")
    assert len(json.loads(answer.body)["predictions"]) == odd.records
    note("odd-requests-image", "Odd requests", odd.what, f"200, {odd.records:,} answers")
