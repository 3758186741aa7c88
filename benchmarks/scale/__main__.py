"""`python -m benchmarks.scale generate`: posts for measuring how training grows, as many as you like."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.scale.generating import FORMATS, generate
from benchmarks.scale.word_law import MEDIAN_LENGTH


def main() -> int:
    """Do what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    commands = parser.add_subparsers(required=True)
    generating = commands.add_parser("generate", help="write generated posts as part-NNNNN files of 10,000")
    generating.add_argument("directory", type=Path)
    generating.add_argument("--records", type=int, default=1_000_000)
    generating.add_argument("--seed", type=int, default=0)
    generating.add_argument("--words", type=int, default=MEDIAN_LENGTH, help="half of the posts have more")
    generating.add_argument("--format", choices=FORMATS, default="csv")
    generating.set_defaults(run=_generate)
    arguments = parser.parse_args()
    arguments.run(arguments)
    return 0


def _generate(arguments: argparse.Namespace) -> None:
    files = generate(arguments.directory, arguments.records, arguments.seed, arguments.format, words=arguments.words)
    size = sum(file.stat().st_size for file in files)
    print(f"{arguments.records:,} posts in {len(files)} files of {arguments.directory}, {size / 1e6:,.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
