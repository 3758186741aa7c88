"""A channel too large for memory gives the very model that it gives in memory; a job that is killed goes on."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from classifier_container.classifier.errors import JobRefused
from classifier_container.classifier.job import fitting, streamed_fit
from classifier_container.classifier.streaming import progress
from classifier_container.classifier.streaming.array_files import ArrayFile, write_arrays
from tests.classifier_container.conftest import Stream
from tests.container_sources import CLASSIFIER, write_channels

N_FILES = 4
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {"alpha": 0.01},
    "passes": {"alpha": 0.3, "passes": 3},
    "background": {"background_strength": 0.2, "fit_prior": False, "passes": 1},
}


@pytest.fixture
def base(tmp_path: Path, stream: Stream, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lays out some files of rows and categories; the categories of one are all of the same name."""
    chance = np.random.default_rng(5)
    features, labels = {}, {}
    for number in range(N_FILES):
        rows = []
        for _ in range(50 + number):
            indices = np.flatnonzero(chance.random(5) < 0.5)
            rows.append((indices.tolist(), (1 - chance.random(len(indices))).astype(np.float32).tolist()))
        features[f"part-{number}.csv.out"] = stream(rows)
        names = ["ash"] * len(rows) if number == 1 else chance.choice(["oak", "ash", "elm, fir"], len(rows)).tolist()
        labels[f"part-{number}.csv"] = "".join(f'"{name}"\n' for name in names)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    return write_channels(tmp_path, features=features, labels=labels)


def settings_of(base: Path, **changed: Any) -> argparse.Namespace:
    given = {"alpha": 0.01, "background_strength": None, "background_share": 0.8, "fit_prior": True, "passes": 0}
    places = {name: base / "input" / "data" / name for name in ("features", "labels")}
    return argparse.Namespace(**{**given, **places, **changed})


@pytest.mark.parametrize("changed", SETTINGS.values(), ids=SETTINGS)
def test_a_streamed_channel_gives_the_very_model(
    base: Path, changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = fitting.learn(settings_of(base, **changed))
    assert "all in memory (up to 268,435,456 bytes fit into memory)" in capsys.readouterr().out
    monkeypatch.setattr(fitting, "LARGE", 0)
    monkeypatch.setattr(streamed_fit, "_ROWS_AT_ONCE", 7)
    found = fitting.learn(settings_of(base, **changed))
    assert "4 file(s), read one file at a time" in capsys.readouterr().out
    for name in ("classes_", "class_count_", "feature_count_", "class_log_prior_", "feature_log_prob_"):
        assert np.array_equal(getattr(found.estimator, name), getattr(expected.estimator, name)), name
    for name in ("space", "n_records", "n_nonzero", "training_accuracy"):
        assert getattr(found, name) == getattr(expected, name), name
    assert (found.checked != expected.checked).nnz == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels/part-2.csv", "oak\nash\n", "part-2.csv.out has 52 rows but part-2.csv has 2 labels"),
        ("labels/part-3.csv", "oak\n,\n", "part-3.csv, line 2: 2 columns where one category is expected"),
        ("features/part-2.csv.out", "none", "part-2.csv.out: The body is not a whole Arrow IPC stream"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_by_its_name(
    base: Path, name: str, content: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "LARGE", 0)
    (base / "input" / "data" / name).write_text(content, encoding="utf-8")
    with pytest.raises(JobRefused, match=message):
        fitting.learn(settings_of(base))


def test_one_category_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "LARGE", 0)
    for path in (base / "input" / "data" / "labels").iterdir():
        path.write_text("oak\n" * path.read_text(encoding="utf-8").count("\n"), encoding="utf-8")
    with pytest.raises(JobRefused, match="1 category in 206 records"):
        fitting.learn(settings_of(base))


_RUN = """
import runpy, sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1]).parent))
from classifier.job import fitting, streamed_fit
fitting.LARGE, streamed_fit.CHECKPOINT_SECONDS = 0, 0.0
stop_after, write, written = int(sys.argv[2]), streamed_fit.write_arrays, []
def written_and_stopped(*arguments):
    write(*arguments)
    written.append(arguments)
    if len(written) == stop_after:
        print("stopped", flush=True)
        sys.stdin.read()
streamed_fit.write_arrays = written_and_stopped
sys.argv = [sys.argv[1], *sys.argv[3:]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def begin_job(base: Path, stop_after: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _RUN, str(CLASSIFIER / "train.py"), str(stop_after), "--passes", "2"]
    return subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=base)


def result(base: Path) -> tuple[str, list[bytes], dict[str, Any]]:
    """Run the job to its end; return its log, the model's files, and its figures."""
    log, _ = begin_job(base, 0).communicate(timeout=120)
    files = [path.read_bytes() for path in sorted((base / "model" / "serving").iterdir())]
    return log, files, json.loads((base / "output" / "data" / "metrics.json").read_bytes())


@pytest.mark.long
@pytest.mark.parametrize(
    ("stop_after", "where"),
    [(2, "pass 0, after 2 of 4 file(s)"), (5, "pass 0, after 4 of 4"), (8, "pass 1, after 3 of 4")],
)
def test_a_killed_job_goes_on_with_what_was_not_counted(base: Path, stop_after: int, where: str) -> None:
    _, *expected = result(base)
    assert list((base / "checkpoints").iterdir()) == []
    with begin_job(base, stop_after) as job:
        assert job.stdout
        assert any(line == "stopped\n" for line in job.stdout)
        job.send_signal(signal.SIGKILL)
        assert job.wait() == -signal.SIGKILL
    log, *found = result(base)
    assert f"going on where an earlier job was stopped: {where}" in log
    assert found == expected


@pytest.mark.long
def test_what_another_job_counted_is_left_alone(base: Path) -> None:
    with begin_job(base, 2) as job:
        assert job.stdout
        assert any(line == "stopped\n" for line in job.stdout)
        job.kill()
    labels = base / "input" / "data" / "labels" / "part-0.csv"
    content = labels.read_text(encoding="utf-8")
    assert "oak" in content
    labels.write_text(content.replace("oak", "yew"), encoding="utf-8")
    log, *_ = result(base)
    assert "going on" not in log


def test_arrays_come_back_whole_or_in_part(tmp_path: Path) -> None:
    arrays = {"a": np.arange(12.0).reshape(4, 3), "b": np.array([], np.int32), "c": np.arange(5, dtype=np.uint64)}
    write_arrays(tmp_path / "x", {"n": 1}, arrays)
    kept = ArrayFile.open(tmp_path / "x")
    assert kept.facts == {"n": 1}
    for name, array in arrays.items():
        assert kept.read(name).dtype == array.dtype
        assert np.array_equal(kept.read(name), array)
    assert np.array_equal(kept.read("a", 1, 3), arrays["a"][1:3])
    assert np.array_equal(kept.read("c", 2), arrays["c"][2:])
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_progress_says_rate_and_time_left(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = [100.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    walk = progress.Progress("counted", 1000, done_before=200)
    for _ in range(2):
        now[0] += 8
        walk.add(4000, 200)
    line = "counted 8,000 records, 500 records per second; 60% of the bytes are done, about 16 s are left\n"
    assert capsys.readouterr().out == line
