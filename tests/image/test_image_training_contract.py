"""What a training script sees, and what becomes of its end: the training toolkit's run held to the local runtime's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.containers import TrainingOutcome
from tests.image.both_stacks import TrainingPair, TrainingRun, train
from tests.image.source_folders import PROBES, lay_out_channels, training_definition

pytestmark = pytest.mark.image

HYPERPARAMETERS = {
    "word": "plain",
    "number": 3,
    "fraction": 1e-7,
    "yes": True,
    "nothing": None,
    "mapping": {"b": 1, "a": [1, 2]},
    "list": [1, "two"],
    "structure": json.dumps({"deep": {"er": [1.5]}}),
    "text": "two words, 'quotes' and $HOME; `ls`",
    "unicode": "grün 世界",
    "under_score": "1",
    "with-dash": "2",
    "x": "short",
    "zz_last": '"quoted"',
}
NOT_JSON = {"raw": "not json: {"}
CHANNELS = {"train": {"part-1.csv": b"data\n", "part-2.csv": b"data\n"}, "stop-words": {}}


def _trained(directory: Path, hyperparameters: dict[str, object], raw: dict[str, str] | None = None) -> TrainingPair:
    bases = directory / "image", directory / "local"
    for base in bases:
        lay_out_channels(base, PROBES / "training", CHANNELS)
    return train(training_definition(CHANNELS, hyperparameters, raw), *bases)


def _facts(run: TrainingRun) -> dict[str, Any]:
    """Return what the probe wrote down, with the base directory called /opt/ml again."""
    text = (run.base / "model" / "facts.json").read_text()
    facts: dict[str, Any] = json.loads(text.replace(str(run.base), "/opt/ml"))
    return facts


def _environment(run: TrainingRun) -> dict[str, Any]:
    """Return the variables that the probe saw, those that hold JSON parsed; without the one that only we set."""
    given = _facts(run)["environment"].items()
    parsed = {name: json.loads(value) if value[:1] in ("{", "[") else value for name, value in given}
    return {name: value for name, value in parsed.items() if name != "SM_STUDIO_LOCAL_MODE"}


@pytest.fixture(scope="module")
def runs(image_environment: None, tmp_path_factory: pytest.TempPathFactory) -> TrainingPair:
    return _trained(tmp_path_factory.mktemp("training"), HYPERPARAMETERS, NOT_JSON)


def test_hyperparameters_arrive_as_the_same_arguments(runs: TrainingPair) -> None:
    image, local = (_facts(run)["arguments"] for run in runs)
    assert local == image
    given = dict(zip(image[::2], image[1::2], strict=True))
    assert given["--yes"] == "True"
    assert given["--mapping"] == "a=[1, 2],b=1"
    assert given["-x"] == "short"
    assert given["--raw"] == "not json: {"
    assert given["--text"] == HYPERPARAMETERS["text"]
    assert given["--zz_last"] == "quoted", "the toolkit strips the quotes off the very last argument"


def test_environment_is_the_same(runs: TrainingPair) -> None:
    image, local = (_environment(run) for run in runs)
    assert local == image
    assert image["MY_VARIABLE"] == "from the definition"
    assert image["SM_CHANNEL_STOP-WORDS"] == "/opt/ml/input/data/stop-words"
    assert image["SM_HP_UNDER_SCORE"] == "1"


def test_places_and_files_are_the_same(runs: TrainingPair) -> None:
    image, local = ({**_facts(run), "environment": None, "arguments": None} for run in runs)
    assert local == image
    assert image["directory"] == image["own folder"] == "/opt/ml/code"


def test_success_has_no_failure_reason(runs: TrainingPair) -> None:
    assert [run.outcome for run in runs] == [TrainingOutcome(0, None)] * 2


@pytest.mark.parametrize(
    ("end", "image_says"),
    [
        ("with a failure file", "train.csv, line 3: no label\n"),
        ("with exit code 3", 'ExecuteUserScriptError:\nExitCode 3\nErrorMessage ""'),
        ("with an exception", 'ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""'),
    ],
)
def test_a_failed_script_has_the_same_reason(tmp_path: Path, end: str, image_says: str) -> None:
    image, local = _trained(tmp_path, {"end": end})
    assert image.outcome.failure_reason is not None
    assert local.outcome.failure_reason is not None
    assert image.outcome.failure_reason.startswith(image_says)
    assert image_says.strip() in local.outcome.failure_reason
    assert local.outcome.exit_code == image.outcome.exit_code
