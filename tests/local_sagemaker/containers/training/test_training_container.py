"""Training scripts, run as they are."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from local_sagemaker.containers import ContainerFailed, TrainingContainer, TrainingDefinition, TrainingOutcome
from local_sagemaker.containers.source.archive import pack
from tests.local_sagemaker.containers.serving_containers import IMAGE, eventually, is_running, write_files
from tests.local_sagemaker.containers.source.test_requirements import NAME, source, write_wheel

RESOURCES = {"current_host": "algo-1", "hosts": ["algo-1"]}


class Jobs:
    """Makes training containers of a few lines of code."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.base = directory / "base"
        self.said: list[str] = []

    def make(
        self, code: Mapping[str, str] | str, environment: Mapping[str, str] | None = None, **hyperparameters: object
    ) -> TrainingContainer:
        files = {"train.py": code} if isinstance(code, str) else code
        pack(write_files(self._directory / "source", files), self._directory / "sourcedir.tar.gz")
        return self.of(
            {
                "sagemaker_program": json.dumps("train.py"),
                "sagemaker_submit_directory": json.dumps("s3://bucket/sourcedir.tar.gz"),
                **{name: json.dumps(value) for name, value in hyperparameters.items()},
            },
            environment or {},
        )

    def of(self, hyperparameters: Mapping[str, str], environment: Mapping[str, str]) -> TrainingContainer:
        archive = self._directory / "sourcedir.tar.gz"
        definition = TrainingDefinition(
            IMAGE, "job-1", "us-east-1", hyperparameters, environment, {"train": {}}, archive, RESOURCES
        )
        return TrainingContainer(definition, self.base, self._directory / "requirements", self.said.append)

    def channel(self, name: str, files: Mapping[str, str]) -> None:
        write_files(self.base / "input" / "data" / name, files)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


TRAINS = """
    import argparse, os, pathlib
    parser = argparse.ArgumentParser()
    parser.add_argument("--alpha", type=float)
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    arguments = parser.parse_args()
    lines = pathlib.Path(arguments.train, "train.csv").read_text().splitlines()
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(f"{arguments.alpha} {len(lines)}")
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "metrics.txt").write_text("fine")
    print("accuracy=0.5;")
"""


def test_a_script_reads_its_channel_and_leaves_a_model(jobs: Jobs) -> None:
    jobs.channel("train", {"train.csv": "a\nb\nc\n"})
    assert jobs.make(TRAINS, alpha=0.01).run() == TrainingOutcome(0, None)
    assert (jobs.base / "model/model.txt").read_text() == "0.01 3"
    assert (jobs.base / "output/data/metrics.txt").read_text() == "fine"
    assert "accuracy=0.5;" in jobs.said


def test_configuration_files_lie_where_scripts_read_them(jobs: Jobs) -> None:
    assert jobs.make("pass", alpha=0.01).run().exit_code == 0
    configuration = jobs.base / "input" / "config"
    assert json.loads((configuration / "hyperparameters.json").read_text())["alpha"] == "0.01"
    assert json.loads((configuration / "inputdataconfig.json").read_text()) == {"train": {}}
    assert json.loads((configuration / "resourceconfig.json").read_text()) == RESOURCES


def test_a_script_imports_its_neighbours_and_nothing_of_this_project(jobs: Jobs) -> None:
    code = {
        "train.py": """
            import importlib.util
            from parts.counting import one
            assert one == 1
            assert importlib.util.find_spec("pipeline") is None
        """,
        "parts/__init__.py": "",
        "parts/counting.py": "one = 1",
    }
    assert jobs.make(code).run() == TrainingOutcome(0, None), jobs.said


def test_the_code_may_come_from_a_channel(jobs: Jobs, tmp_path: Path) -> None:
    (jobs.base / "input/data/code").mkdir(parents=True)
    pack(
        write_files(tmp_path / "in", {"train.py": "print('from the channel')"}), jobs.base / "input/data/code/x.tar.gz"
    )
    container = jobs.of(
        {"sagemaker_program": "train.py", "sagemaker_submit_directory": '"/opt/ml/input/data/code/x.tar.gz"'}, {}
    )
    assert container.run().exit_code == 0
    assert "from the channel" in jobs.said


def test_a_script_may_ask_the_toolkits_environment(jobs: Jobs) -> None:
    code = """
        from sagemaker_training import environment
        of = environment.Environment()
        print(of.hyperparameters["alpha"], sorted(of.channel_input_dirs), of.model_dir.endswith("model"))
        try:
            of.no_such_fact
        except AttributeError as error:
            print(error)
    """
    assert jobs.make(code, alpha=0.01).run() == TrainingOutcome(0, None), jobs.said
    assert "0.01 ['train'] True" in jobs.said
    assert any(line.startswith("the training environment has no no_such_fact; it has ") for line in jobs.said)


def test_what_a_script_installs_is_its_own(jobs: Jobs, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "wheels")
    code = f"""
        import importlib, subprocess, sys
        subprocess.check_call([sys.executable, "-m", "pip", "install", "--no-index", {str(wheel)!r}])
        importlib.invalidate_caches()
        print(importlib.import_module({NAME!r}).TEXT)
    """
    assert jobs.make(code).run() == TrainingOutcome(0, None), jobs.said
    assert "hello" in jobs.said
    assert importlib.util.find_spec(NAME) is None


def test_a_shell_script_runs(jobs: Jobs) -> None:
    container = jobs.make({"train.sh": 'echo "told: $*"'}, {"SAGEMAKER_PROGRAM": "train.sh"}, alpha=0.01)
    assert container.run().exit_code == 0
    assert "told: --alpha 0.01" in jobs.said


def test_the_failure_file_is_the_reason(jobs: Jobs) -> None:
    outcome = jobs.make("""
        import os, pathlib, sys
        pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("train.csv, line 3: no label\\n")
        sys.exit(2)
    """).run()
    assert outcome == TrainingOutcome(1, "AlgorithmError: train.csv, line 3: no label, exit code: 1")


def test_only_the_first_1024_characters_of_the_failure_file_count(jobs: Jobs) -> None:
    outcome = jobs.make("""
        import os, pathlib, sys
        pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("\\u00e9" * 5000, encoding="utf-8")
        sys.exit(1)
    """).run()
    assert outcome.failure_reason == f"AlgorithmError: {'é' * 1024}, exit code: 1"


def test_without_a_failure_file_it_is_the_toolkits_reason(jobs: Jobs) -> None:
    outcome = jobs.make("raise SystemExit(3)", alpha=0.01).run()
    assert outcome.exit_code == 1
    assert outcome.failure_reason is not None
    assert outcome.failure_reason.startswith(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 3\nErrorMessage ""\nCommand "'
    )
    assert outcome.failure_reason.endswith('python train.py --alpha 0.01", exit code: 1')


def test_a_failure_file_of_an_earlier_run_is_forgotten(jobs: Jobs) -> None:
    write_files(jobs.base / "output", {"failure": "old"})
    assert "old" not in str(jobs.make("raise SystemExit(1)").run().failure_reason)


def test_requirements_are_there_for_the_script(jobs: Jobs, tmp_path: Path) -> None:
    source(tmp_path / "source")
    assert jobs.make(f"import {NAME}; print({NAME}.TEXT)").run().exit_code == 0
    assert "hello" in jobs.said


def test_requirements_that_fail_are_the_reason(jobs: Jobs) -> None:
    container = jobs.make({"train.py": "", "requirements.txt": "--no-index\nno-such-package==1.0"})
    with pytest.raises(ContainerFailed, match="no-such-package"):
        container.run()


@pytest.mark.parametrize(
    ("hyperparameters", "reason"),
    [
        ({}, "sagemaker_program is missing"),
        ({"sagemaker_program": "other.py", "sagemaker_submit_directory": "s3://b/k"}, "other.py is not in the source"),
        ({"sagemaker_program": "../train.py", "sagemaker_submit_directory": "s3://b/k"}, "is not in the source folder"),
        ({"sagemaker_program": "train.py", "sagemaker_submit_directory": "/opt/ml/x"}, "does not exist"),
    ],
)
def test_what_cannot_be_started_is_said(jobs: Jobs, hyperparameters: dict[str, str], reason: str) -> None:
    jobs.make("pass")
    with pytest.raises(ContainerFailed, match=reason):
        jobs.of(hyperparameters, {}).run()


WAITS = """
    import os, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid, flush=True)
    time.sleep(60)
"""


def run_aside(run: Callable[[], TrainingOutcome]) -> tuple[threading.Thread, list[TrainingOutcome]]:
    outcomes: list[TrainingOutcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(run()))
    thread.start()
    return thread, outcomes


def test_stop_ends_the_script_and_its_children(jobs: Jobs) -> None:
    container = jobs.make(WAITS)
    thread, outcomes = run_aside(container.run)
    assert eventually(lambda: bool(jobs.said and jobs.said[-1].isdigit()))
    child = int(jobs.said[-1])
    container.stop()
    thread.join(20)
    assert outcomes[0].exit_code == 1
    assert eventually(lambda: not is_running(child))


def test_stop_before_the_start_ends_it_too(jobs: Jobs) -> None:
    container = jobs.make(WAITS)
    container.stop()
    assert container.run().exit_code == 1


def test_the_users_credentials_do_not_reach_the_script(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert jobs.make("import os; print(sorted(os.environ.items()))").run().exit_code == 0
    assert "very secret" not in "\n".join(jobs.said)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "very secret"
