"""`make bench-scale` and its parts: generated posts, and what training and prediction cost on more and more of them."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from benchmarks.scale.engines import compared
from benchmarks.scale.generating import FORMATS, generate
from benchmarks.scale.noting import note
from benchmarks.scale.runs import Bench, Measured
from benchmarks.scale.word_law import MEDIAN_LENGTH

_SIZES = (11_314, 113_140, 1_131_400)
"""20 Newsgroups' train split, 10 and 100 times."""
_BATCH_SIZES = (1_000_000, 10_000_000)
_BATCH_WORDS = 8
_MOST_TIMES = 10


def main() -> int:
    """Do what was asked for; return the exit code."""
    arguments = _parser().parse_args()
    arguments.run(arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    commands = parser.add_subparsers(required=True)
    generating = commands.add_parser("generate", help="write generated posts as part-NNNNN files of 10,000")
    generating.add_argument("directory", type=Path)
    generating.add_argument("--records", type=int, default=1_000_000)
    generating.add_argument("--seed", type=int, default=0)
    generating.add_argument("--words", type=int, default=MEDIAN_LENGTH, help="half of the posts have more")
    generating.add_argument("--format", choices=FORMATS, default="csv")
    generating.set_defaults(run=_generate)
    training = commands.add_parser("train", help="measure training; docs/scale.md")
    _measuring(training, _SIZES)
    training.add_argument("--format", choices=FORMATS, default="csv")
    training.add_argument("--options", type=shlex.split, default=[], help='of `train`, such as "--profile seed"')
    training.set_defaults(run=_train)
    batch = commands.add_parser(
        "batch", help="measure batch transforms with the run trained last, and write docs/scale.md"
    )
    _measuring(batch, _BATCH_SIZES)
    batch.add_argument("--words", type=int, default=_BATCH_WORDS, help="half of the posts have more")
    batch.add_argument("--times", type=int, help="how often; otherwise as makes the largest size, at most ten")
    batch.set_defaults(run=_batch)
    comparing = commands.add_parser("engines", help="compare the models that each engine trains; docs/scale.md")
    comparing.add_argument("directory", type=Path, help="for a state directory; used again")
    comparing.add_argument("--profile", default="best")
    comparing.add_argument("--options", type=shlex.split, default=["--dataset", "20newsgroups"], help="of `train`")
    comparing.set_defaults(run=_engines)
    return parser


def _measuring(parser: argparse.ArgumentParser, sizes: tuple[int, ...]) -> None:
    parser.add_argument("directory", type=Path, help="for the posts and a state directory; used again")
    parser.add_argument("--records", type=int, nargs="+", default=sizes)


def _generate(arguments: argparse.Namespace) -> None:
    files = generate(arguments.directory, arguments.records, arguments.seed, arguments.format, words=arguments.words)
    size = sum(file.stat().st_size for file in files)
    print(f"{arguments.records:,} posts in {len(files)} files of {arguments.directory}, {size / 1e6:,.0f} MB")


def _train(arguments: argparse.Namespace) -> None:
    bench = Bench(arguments.directory)
    with bench.server():
        for records in arguments.records:
            _note("training", bench.train(records, arguments.format, *arguments.options))


def _batch(arguments: argparse.Namespace) -> None:
    bench = Bench(arguments.directory)
    with bench.server():
        for records in arguments.records:
            times = arguments.times or min(max(arguments.records) // records, _MOST_TIMES)
            _note("batch", bench.batch(records, arguments.words, times))


def _engines(arguments: argparse.Namespace) -> None:
    bench = Bench(arguments.directory)
    with bench.server():
        for row in compared(bench, arguments.profile, arguments.options):
            note("engines", row, ("dataset", "profile", "engine"))


def _note(section: str, found: Measured) -> None:
    note(section, found.as_dict(), ("what", "records"))


if __name__ == "__main__":
    sys.exit(main())
