"""What a training script sees, and what becomes of its end: the training toolkit's run held to the local runtime's."""

from __future__ import annotations

import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.local.containers import TrainingContainer, TrainingDefinition, TrainingOutcome
from tests.image.image_stack import ImageTraining
from tests.image.source_folders import IMAGE, PROBES

if TYPE_CHECKING:
    from pathlib import Path

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
CHANNELS = {
    name: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    for name in ("code", "train", "stop-words")
}
RESOURCES = {
    "current_host": "algo-1",
    "hosts": ["algo-1"],
    "current_instance_type": "ml.m5.large",
    "current_group_name": "homogeneousCluster",
    "instance_groups": [
        {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
    ],
    "network_interface_name": "eth0",
}


@dataclass(frozen=True)
class Run:
    """One finished training run."""

    outcome: TrainingOutcome
    base: Path

    def facts(self) -> dict[str, Any]:
        """Return what the probe wrote down, with the base directory called /opt/ml again."""
        text = (self.base / "model" / "facts.json").read_text()
        facts: dict[str, Any] = json.loads(text.replace(str(self.base), "/opt/ml"))
        return facts

    def environment(self) -> dict[str, Any]:
        """Return the variables, those that hold JSON parsed."""
        given = self.facts()["environment"]
        return {name: _parsed(value) for name, value in given.items() if name != "SM_STUDIO_LOCAL_MODE"}


def _parsed(value: str) -> Any:
    return json.loads(value) if value[:1] in ("{", "[") else value


def _definition(**hyperparameters: object) -> TrainingDefinition:
    given = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
        "sagemaker_region": "us-east-1",
        "sagemaker_container_log_level": 20,
        **hyperparameters,
    }
    return TrainingDefinition(
        image=IMAGE,
        job_name="probe-job",
        region="us-east-1",
        hyperparameters={name: json.dumps(value) for name, value in given.items()},
        environment={"MY_VARIABLE": "from the definition"},
        channels=CHANNELS,
        source_archive=None,
        resources=RESOURCES,
    )


def _lay_out_channels(base: Path) -> None:
    for name in CHANNELS:
        (base / "input" / "data" / name).mkdir(parents=True)
    with tarfile.open(base / "input/data/code/sourcedir.tar.gz", "w:gz") as archive:
        for module in sorted((PROBES / "training").glob("*.py")):
            archive.add(module, module.name)
    (base / "input/data/train/part-1.csv").write_text("data\n")


def _in_both_stacks(definition: TrainingDefinition, directory: Path) -> tuple[Run, Run]:
    """Train the same thing in the image and in the local runtime."""
    image, local = directory / "image", directory / "local"
    for base in (image, local):
        _lay_out_channels(base)
    container = TrainingContainer(definition, local, directory / "requirements", log=lambda line: None)
    with ThreadPoolExecutor() as pool:
        of_image = pool.submit(ImageTraining(definition, image).run)
        of_local = pool.submit(container.run)
        return Run(of_image.result(), image), Run(of_local.result(), local)


@pytest.fixture(scope="module")
def runs(image_environment: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    definition = _definition(**HYPERPARAMETERS)
    definition = replace(definition, hyperparameters={**definition.hyperparameters, **NOT_JSON})
    return _in_both_stacks(definition, tmp_path_factory.mktemp("training"))


def test_hyperparameters_arrive_as_the_same_arguments(runs: tuple[Run, Run]) -> None:
    image, local = (run.facts()["arguments"] for run in runs)
    assert local == image
    given = dict(zip(image[::2], image[1::2], strict=True))
    assert given["--yes"] == "True"
    assert given["--mapping"] == "a=[1, 2],b=1"
    assert given["-x"] == "short"
    assert given["--raw"] == "not json: {"
    assert given["--text"] == HYPERPARAMETERS["text"]
    assert given["--zz_last"] == "quoted", "the toolkit strips the quotes off the very last argument"


def test_environment_is_the_same(runs: tuple[Run, Run]) -> None:
    image, local = (run.environment() for run in runs)
    assert local == image
    assert image["MY_VARIABLE"] == "from the definition"
    assert image["SM_CHANNEL_STOP-WORDS"] == "/opt/ml/input/data/stop-words"
    assert image["SM_HP_UNDER_SCORE"] == "1"


def test_places_and_files_are_the_same(runs: tuple[Run, Run]) -> None:
    image, local = ({**run.facts(), "environment": None, "arguments": None} for run in runs)
    assert local == image
    assert image["directory"] == image["own folder"] == "/opt/ml/code"


def test_success_has_no_failure_reason(runs: tuple[Run, Run]) -> None:
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
    image, local = _in_both_stacks(_definition(end=end), tmp_path)
    assert image.outcome.failure_reason is not None
    assert local.outcome.failure_reason is not None
    assert image.outcome.failure_reason.startswith(image_says)
    assert image_says.strip() in local.outcome.failure_reason
    assert local.outcome.exit_code == image.outcome.exit_code
