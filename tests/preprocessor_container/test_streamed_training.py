"""A channel too large for memory gives the very artefact that it gives in memory; a job that is killed goes on."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from preprocessor_container.preprocessor.streaming import sample
from tests.container_sources import PREPROCESSOR, write_channels

WORDS = [f"{first}{second}{'e' * length}" for length in range(1, 9) for first in "abcdé" for second in "xyz"]
TOPICS = ("ash", "elm", "oak")
BEST = (
    *("--tokens", "words", "--subject_weight", "1.5", "--pair_weight", "0.5", "--term_frequency", "log"),
    *("--idf", "plain", "--category_floor", "0.02", "--stripped_copies", "True"),
)
SETTINGS: dict[str, tuple[str, ...]] = {
    "seed": (),
    "capped": (*BEST, "--max_features", "300"),
    "stop words kept": ("--tokens", "words", "--keep_stop_words", "True", "--pair_weight", "1"),
}

_RUN = """
import runpy, sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1]).parent))
from preprocessor.job import training_texts
from preprocessor.streaming import chunks, count_runs, sample
stop_after, streams = int(sys.argv[2]), sys.argv[3] == "streamed"
if streams:
    training_texts.LARGE, chunks.CHUNK_BYTES, sample.SAMPLE_BYTES = 0, 7000, 60_000
    count_runs.ROWS_IN_MEMORY, count_runs.RUN_SECONDS = 2000, 0.0
write, written = count_runs.write_arrays, []
def written_and_stopped(*arguments):
    write(*arguments)
    written.append(arguments)
    if len(written) == stop_after:
        print("stopped", flush=True)
        sys.stdin.read()
count_runs.write_arrays = written_and_stopped
sys.argv = [sys.argv[1], *sys.argv[4:]]
if __name__ == "__main__":
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def rows_of(n_rows: int) -> list[tuple[str, str]]:
    chance = np.random.default_rng(9)
    shares = 1 / np.arange(1, len(WORDS) + 1)
    rows = []
    for number in range(n_rows):
        topic = str(chance.choice(TOPICS))
        words = chance.choice(WORDS, chance.integers(0, 60), p=shares / shares.sum()).tolist()
        words += [topic] * int(chance.integers(0, 2))
        head = f"Subject: Re: {' '.join(words[:2])}\n\n> said before\n" if number % 3 == 0 else ""
        rows.append((head + " ".join(words), topic))
    return rows


def csv_of(rows: list[tuple[str, str]]) -> bytes:
    return ("data,label_names\n" + "".join(f'"{text}",{topic}\n' for text, topic in rows)).encode()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Lays out a channel of files of all kinds."""
    rows = rows_of(300)
    channel = {"a.csv": csv_of(rows[:120]), "b.csv.gz": gzip.compress(csv_of(rows[120:200]))}
    write_channels(tmp_path, train=channel, stopwords={"stopwords.txt": "bx\naxee\n"})
    table = pa.table({"data": [row[0] for row in rows[200:]], "label_names": [row[1] for row in rows[200:]]})
    parquet.write_table(table, tmp_path / "input" / "data" / "train" / "c.parquet")
    return tmp_path


def begin_job(base: Path, how: str, *settings: str, stop_after: int = 0, n_cpus: int = 2) -> subprocess.Popen[str]:
    shutil.rmtree(base / "model", ignore_errors=True)
    script = base / "run.py"
    script.write_text(_RUN, encoding="utf-8")
    command = [sys.executable, str(script), str(PREPROCESSOR / "train.py"), str(stop_after), how, *settings]
    environment = {"SAGEMAKER_BASE_DIR": str(base), "SM_NUM_CPUS": str(n_cpus), "PYTHONDONTWRITEBYTECODE": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, text=True, cwd=base, env=environment, **pipes)  # type: ignore[call-overload, no-any-return]


def result(base: Path, how: str, *settings: str, n_cpus: int = 2) -> tuple[str, Mapping[str, bytes], dict[str, Any]]:
    """Run the job to its end; return its log, the files that serve, and its figures."""
    job = begin_job(base, how, *settings, n_cpus=n_cpus)
    log, _ = job.communicate(timeout=240)
    assert job.returncode == 0, log
    files = {path.name: path.read_bytes() for path in (base / "model" / "serving").iterdir()}
    return log, files, json.loads((base / "output" / "data" / "metrics.json").read_bytes())


@pytest.mark.long
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_streamed_channel_gives_the_very_artefact(base: Path, settings: tuple[str, ...]) -> None:
    log, *expected = result(base, "at once", *settings)
    assert "3 file(s), read into memory (up to 134,217,728 bytes fit)" in log
    log, *found = result(base, "streamed", *settings, n_cpus=1 if settings == () else 2)
    assert "3 file(s), read in chunks" in log
    assert re.search(r"counted 300 records, [\d,]+ records per second; 100% of the bytes are done", log)
    assert found == expected
    assert not list((base / "checkpoints").iterdir())
    if "--max_features" in settings:
        assert re.search(
            r"kept 300 of [\d,]+ terms; left out [\d,]+ pairs in fewer than 2 texts; max_features left", log
        )


@pytest.mark.long
def test_a_killed_job_goes_on_with_what_was_not_counted(base: Path) -> None:
    _, *expected = result(base, "streamed", *BEST)
    with begin_job(base, "streamed", *BEST, stop_after=4) as job:
        assert job.stdout
        assert any(line == "stopped\n" for line in job.stdout)
        job.send_signal(signal.SIGKILL)
        assert job.wait() == -signal.SIGKILL
    log, *found = result(base, "streamed", *BEST)
    going_on = re.search(r"going on where an earlier job was stopped: after (\d+) records", log)
    assert going_on
    counted = re.search(r"counted (\d+) records, .*; 100% of the bytes are done", log)
    assert counted
    assert int(going_on[1]) > 0
    assert int(going_on[1]) + int(counted[1]) == 300
    assert found == expected


def test_settings_are_chosen_by_a_sample_whose_size_is_said_and_not_chosen_again(base: Path) -> None:
    choose = ("--choose", "True", "--stripped_copies", "True", "--tokens", "words")
    with begin_job(base, "streamed", *choose, stop_after=1) as job:
        assert job.stdout
        said = list(iter(job.stdout.readline, "stopped\n"))
        job.kill()
    (size,) = [found for line in said if (found := re.search(r"choosing by a sample of (\d+) of 300 records", line))]
    assert 0 < int(size[1]) < 300
    log, files, _ = result(base, "streamed", *choose)
    assert "taking what an earlier job chose" in log
    selection = json.loads((base / "output" / "data" / "selection.json").read_bytes())
    assert (selection["sampled_records"], selection["all_records"]) == (int(size[1]), 300)
    manifest = json.loads((base / "model" / "manifest.json").read_bytes())
    assert manifest["selection"] == selection
    assert {name: manifest["hyperparameters"][name] for name in selection["preprocessor"]} == selection["preprocessor"]
    _, again, _ = result(base, "streamed", *choose, n_cpus=1)
    assert again == files


def test_a_sample_is_always_the_same_and_spread_over_the_files(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "SAMPLE_BYTES", 30_000)
    paths = sorted((base / "input" / "data" / "train").iterdir())
    rows = rows_of(300)
    found = sample.read_sample(paths, "data", "label_names")
    assert found.n_records == 300
    assert found == sample.read_sample(paths, "data", "label_names")
    coming = iter(enumerate(rows))
    places = [next(place for place, row in coming if row == pair) for pair in found.pairs]
    assert all(sum(start <= place < end for place in places) > 5 for start, end in ((0, 120), (120, 200), (200, 300)))
    monkeypatch.setattr(sample, "SAMPLE_BYTES", 2**30)
    assert sample.read_sample(paths, "data", "label_names").pairs == rows


def test_a_sample_does_not_go_by_the_order_in_which_its_records_come() -> None:
    chance = np.random.default_rng(4)
    records = [sample.Taken((n % 3, n), int(size), n) for n, size in enumerate(chance.integers(1, 400, 500))]
    found = []
    for order in (records, records[::-1], [records[n] for n in chance.permutation(500)]):
        least = sample.LeastHashes(9_000)
        for taken in order:
            least.take(taken)
        found.append(least.in_order())
    assert found[0] == found[1] == found[2]
    assert 8_000 < sum(taken.n_bytes for taken in found[0]) <= 9_000
    of_one = sample.LeastHashes(0)
    of_one.take(records[0])
    assert of_one.in_order() == records[:1]
    assert not of_one.is_full


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"data,label_names\n" + b"x,y\n" * 5000 + b"x\n", "d.csv, line 5002: 1 columns where the header line has 2"),
        (b"data,label_names\n" + b"x,y\n" * 5000 + b"x,\xff\n", "d.csv, line 5002: not UTF-8 at byte 20019"),
    ],
)
def test_a_bad_record_is_refused_with_file_and_line_and_nothing_is_left(
    base: Path, content: bytes, message: str
) -> None:
    (base / "input" / "data" / "train" / "d.csv").write_bytes(content)
    job = begin_job(base, "streamed")
    job.communicate(timeout=120)
    assert job.returncode == 1
    assert (base / "output" / "failure").read_text(encoding="utf-8").startswith(message)
    assert not (base / "model").exists()
