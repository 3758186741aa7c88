"""Both training jobs alone, without a pipeline around them: what they take on the same posts once, ten times, ...

    python -m benchmarks.scale generate posts --records 100000
    python -m benchmarks.scale.fits posts --text_column text --label_column category --times 1 10 100

Files are linked under further names, not copied: the vocabulary stays, so what memory grows by is the corpus' own part.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.scale.memory import COMMAND, MemoryWatch
from preprocessor_container.preprocessor.artefact.serving_files import load_serving
from preprocessor_container.preprocessor.streaming.chunk_records import read_records
from preprocessor_container.preprocessor.streaming.chunks import channel_files, read_chunks
from preprocessor_container.preprocessor.wire.arrow_stream import Wire

_CHECKOUT = Path(__file__).parents[2]
_PART_RECORDS = 2500
# A script of its own, as processes of the job begin by importing it.
_STREAMED = """
import runpy, sys
from pathlib import Path
script = Path(sys.argv[1])
sys.path.insert(0, str(script.parent))
if script.parent.name.startswith("preprocessor"):
    from preprocessor.job import training_texts as threshold
else:
    from classifier.job import fitting as threshold
threshold.LARGE = 0
sys.argv = sys.argv[1:]
if __name__ == "__main__":
    runpy.run_path(str(script), run_name="__main__")
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job took."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    """Of all its processes together; what they share is divided among them."""


def run(script: Path, base: Path, settings: Sequence[str]) -> Cost:
    """Run a training job that streams whatever its channels are, and measure it."""
    runner = base / "streamed.py"
    runner.write_text(_STREAMED, encoding="utf-8")
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "SM_NUM_CPUS": str(os.cpu_count())}
    job = subprocess.Popen([sys.executable, str(runner), str(script), *settings], env=environment, cwd=base)
    watch = MemoryWatch(job.pid)
    failed = job.wait()
    peaks = watch.end()
    if failed:
        raise SystemExit(f"{script} failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - began, used, max((parts[COMMAND] for parts in peaks.values()), default=0))


def link(paths: Sequence[Path], directory: Path, times: int) -> None:
    """Link files under as many names as they are wanted times."""
    directory.mkdir(parents=True)
    for number in range(times):
        for path in paths:
            (directory / f"{number:04}-{path.name}").symlink_to(path.resolve())


def write_features(paths: Sequence[Path], columns: tuple[str, str], model: Path, base: Path) -> tuple[int, int]:
    """Write rows and categories of posts, as a batch transform of the preprocessor would; return how many posts and
    features there are.
    """
    serving = load_serving(model / "serving")
    wire = Wire(len(serving.terms.weights), serving.fingerprint)
    for name in ("features", "labels"):
        (base / name).mkdir(parents=True)
    n_records = 0
    for part in _parts(paths, columns):
        name = f"part-{n_records:08}.csv"
        (base / "features" / f"{name}.out").write_bytes(wire.encode(serving.terms.rows([text for text, _ in part])))
        (base / "labels" / name).write_text("".join(f'"{category}"\n' for _, category in part), encoding="utf-8")
        n_records += len(part)
    return n_records, wire.n_features


def _parts(paths: Sequence[Path], columns: tuple[str, str]) -> Iterator[list[tuple[str, str]]]:
    pairs = (pair for path in paths for chunk in read_chunks(path, columns) for pair in read_records(chunk, *columns))
    return iter(lambda: list(islice(pairs, _PART_RECORDS)), [])


def measure(paths: Sequence[Path], times: int, arguments: argparse.Namespace, base: Path) -> str:
    """Run both jobs on posts that are there so many times; return a line about it."""
    columns = arguments.text_column, arguments.label_column
    link(paths, base / "first" / "input" / "data" / "train", times)
    (base / "first" / "input" / "data" / "stopwords").mkdir()
    (base / "first" / "input" / "data" / "stopwords" / "stopwords.txt").write_text("the\nand\n", encoding="utf-8")
    settings = ("--text_column", columns[0], "--label_column", columns[1], *arguments.preprocessor)
    first = run(_CHECKOUT / "preprocessor_container" / "train.py", base / "first", settings)
    n_records, n_features = write_features(paths, columns, base / "first" / "model", base / "made")
    for name in ("features", "labels"):
        link(sorted((base / "made" / name).iterdir()), base / "second" / "input" / "data" / name, times)
    second = run(_CHECKOUT / "classifier_container" / "train.py", base / "second", arguments.classifier)
    n_records *= times
    return f"{n_records:,} posts, {n_features:,} features: " + "; ".join(
        f"{name} {cost.seconds:.0f} s, {cost.processor_seconds / n_records * 1e6:.0f} µs of processor a post, "
        f"{cost.peak_bytes / 2**20:,.0f} MiB at most"
        for name, cost in (("preprocessor", first), ("classifier", second))
    )


def main() -> None:
    """Measure, and print a line for each size."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale.fits", description=__doc__)
    parser.add_argument("posts", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--files", type=int, help="how many of the files to take")
    parser.add_argument("--text_column", default="text")
    parser.add_argument("--label_column", default="category")
    parser.add_argument("--preprocessor", type=shlex.split, default=[], help="settings of the preprocessor's train.py")
    parser.add_argument("--classifier", type=shlex.split, default=[], help="settings of the classifier's train.py")
    arguments = parser.parse_args()
    paths = channel_files(arguments.posts)[: arguments.files]
    for times in arguments.times:
        with tempfile.TemporaryDirectory() as base:
            print(measure(paths, times, arguments, Path(base)), flush=True)


if __name__ == "__main__":
    main()
