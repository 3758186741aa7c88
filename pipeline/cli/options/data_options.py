"""The command-line options that say which data to train on and by which recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from pipeline.cli.options.input_files import INPUT_FILES, ON_BAD_RECORD

if TYPE_CHECKING:
    from pipeline.data.preparation import DataOptions

P = ParamSpec("P")

DELIMITER = "CHARACTER|comma|semicolon|tab|pipe"
TOLD = "[default: told by the file's ending, Excel's sep= line or the header line]"
"""What `--delimiter` takes, and what happens without it."""

_OPTIONS = [
    click.option(
        "--dataset",
        type=click.Choice(["auto", "20newsgroups", "sample"]),
        default="auto",
        envvar="DATASET",
        show_default=True,
        help="Data to use without --input; auto: 20 Newsgroups, or the sample corpus where it cannot be had.",
    ),
    click.option(
        "--input",
        type=INPUT_FILES,
        multiple=True,
        envvar="INPUT",
        help="Your own CSV or TSV with a header line, which may be gzipped, or Parquet; a folder or an s3:// prefix of "
        "such files; several times for several.",
    ),
    click.option("--text-column", envvar="TEXT_COLUMN", help="Column of --input that holds the text."),
    click.option("--label-column", envvar="LABEL_COLUMN", help="Column that holds the label."),
    click.option("--subject-column", envvar="SUBJECT_COLUMN", help="Column that holds a subject or title."),
    click.option(
        "--test-input",
        type=INPUT_FILES,
        multiple=True,
        help="The test split: files of the same columns, given as --input.  [default: a stratified share of --input]",
    ),
    click.option(
        "--test-fraction",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.2,
        show_default=True,
        help="Share of --input that becomes the test split.",
    ),
    click.option(
        "--encoding",
        default="utf-8",
        show_default=True,
        help="Of --input and --test-input, where they have no byte-order mark.",
    ),
    click.option("--delimiter", envvar="DELIMITER", metavar=DELIMITER, help=f"Of --input and --test-input.  {TOLD}"),
    ON_BAD_RECORD,
    click.option(
        "--profile",
        envvar="PROFILE",
        help="Recipe: a name (see `profiles`) or a .toml file.  [default: best]",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="SECTION.NAME=VALUE",
        help="Override a setting of the profile, for example classifier.alpha=0.1.",
    ),
]


def data_options(command: Callable[P, Any]) -> Callable[P, Any]:
    """Give a command the options of the data and the profile."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def as_data_options(values: dict[str, Any]) -> DataOptions:
    """Return what the options say of the data."""
    from pipeline.data.preparation import DataOptions

    return DataOptions(**values)
