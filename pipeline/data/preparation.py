"""`prepare`: get the data that was asked for, write it where the training jobs' driver finds it, and say what it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipeline.console import banner, say
from pipeline.data import newsgroups, sample, user_csv
from pipeline.data.dataset import Dataset
from pipeline.data.downloading import DownloadFailed
from pipeline.data.frame import read_frame, write_frame
from pipeline.data.stop_words import NLTK, StopWords, english
from pipeline.errors import BadInput
from pipeline.profiles import Profile

DIRECTORY = Path("prepared")


class DatasetChoice(StrEnum):
    """Which data to take when the user brings none."""

    AUTO = "auto"
    NEWSGROUPS = "20newsgroups"
    SAMPLE = "sample"


class DataOptions(BaseModel):
    """What data the user asked for."""

    model_config = ConfigDict(frozen=True)

    dataset: DatasetChoice = DatasetChoice.AUTO
    input: Path | None = None
    text_column: str | None = None
    label_column: str | None = None
    subject_column: str | None = None
    test_input: Path | None = None
    test_fraction: float = 0.2
    encoding: str = "utf-8"
    delimiter: str | None = None


class Prepared(BaseModel):
    """What lies in the directory of a prepared data set, beside `train.csv`, `test.csv` and `stopwords.txt`."""

    model_config = ConfigDict(frozen=True)

    key: str
    """Digest of the options, the profile's part and the user's files: the same key, the same data."""
    dataset: str
    train_records: int
    test_records: int
    categories: list[str]
    stop_words_source: str
    is_stand_in: bool
    """Whether the sample corpus stands in for data that could not be had."""
    is_ordered: bool = False
    """Whether the train records are in the order of time; in what earlier versions wrote, they are not."""


@dataclass(frozen=True, slots=True)
class PreparedFiles:
    """Where a prepared data set lies, and what it is."""

    directory: Path
    facts: Prepared

    @property
    def train(self) -> Path:
        return self.directory / "train.csv"

    @property
    def test(self) -> Path:
        return self.directory / "test.csv"

    @property
    def stop_words(self) -> Path:
        return self.directory / "stopwords.txt"

    @property
    def stop_words_facts(self) -> Path:
        return self.directory / "stopwords.json"


def prepare(options: DataOptions, profile: Profile, name: str) -> PreparedFiles:
    """Fetch or read the data, check it, write it below `prepared/<name>/`, and print what it is.

    Raises
    ------
    BadInput
        If the user's file or options cannot be used.
    DownloadFailed
        If 20 Newsgroups was asked for by name and cannot be had.
    """
    dataset, is_stand_in = _load(options, profile)
    stop_words = english()
    facts = Prepared(
        key=_key(options, profile),
        dataset=dataset.name,
        train_records=len(dataset.train),
        test_records=len(dataset.test),
        categories=dataset.categories,
        stop_words_source=stop_words.source,
        is_stand_in=is_stand_in,
        is_ordered=dataset.is_ordered,
    )
    files = PreparedFiles(DIRECTORY / name, facts)
    _write(files, dataset, stop_words)
    for line in dataset.describe():
        say(line)
    return files


def prepared(options: DataOptions, profile: Profile, name: str) -> PreparedFiles:
    """Return the data set that an earlier `prepare` left for the same options, or prepare it now.

    What stood in for data or stop words that could not be had is not used again: they may be had by now.
    """
    facts_file = DIRECTORY / name / "dataset.json"
    if facts_file.is_file():
        facts = Prepared.model_validate_json(facts_file.read_text(encoding="utf-8"))
        if facts.key == _key(options, profile) and not facts.is_stand_in and _are_todays(facts.stop_words_source):
            files = PreparedFiles(facts_file.parent, facts)
            read_frame(files.train)
            say(
                f"data: {facts.dataset}, prepared earlier: {facts.train_records:,} train and "
                f"{facts.test_records:,} test records"
            )
            return files
    return prepare(options, profile, name)


def _are_todays(stop_words_source: str) -> bool:
    """Tell whether stop words would come from there today; a list that stood in is not kept once NLTK's can be had."""
    return stop_words_source == NLTK or stop_words_source == english().source


def _load(options: DataOptions, profile: Profile) -> tuple[Dataset, bool]:
    """Return the data set, and whether it stands in for another one."""
    if options.input is not None:
        files = user_csv.FileOptions(options.encoding, options.delimiter)
        columns = _columns(options)
        return user_csv.load(options.input, columns, options.test_input, options.test_fraction, files), False
    if options.dataset is DatasetChoice.SAMPLE:
        _say_sample("as you asked")
        return sample.load(), False
    try:
        return newsgroups.load(profile.newsgroups), False
    except DownloadFailed as error:
        if options.dataset is DatasetChoice.NEWSGROUPS:
            raise
        say(str(error))
        _say_sample("because 20 Newsgroups could not be had")
        return sample.load(), True


def _say_sample(reason: str) -> None:
    banner(
        f"SAMPLE CORPUS, {reason}: 1,200 short texts that come with this project.",
        "No figure from here on is a figure of 20 Newsgroups.",
    )


def _columns(options: DataOptions) -> user_csv.Columns:
    if options.text_column is None or options.label_column is None:
        raise BadInput(
            "Your own data needs the names of its columns: --text-column and --label-column (make: "
            "TEXT_COLUMN=... LABEL_COLUMN=...)."
        )
    return user_csv.Columns(options.text_column, options.label_column, options.subject_column)


def _key(options: DataOptions, profile: Profile) -> str:
    digest = hashlib.sha256((options.model_dump_json() + profile.newsgroups.model_dump_json()).encode())
    for path in (options.input, options.test_input):
        if path is not None and path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _write(files: PreparedFiles, dataset: Dataset, stop_words: StopWords) -> None:
    """Write the facts last: a directory without them is not a prepared data set."""
    files.directory.mkdir(parents=True, exist_ok=True)
    facts_file = files.directory / "dataset.json"
    facts_file.unlink(missing_ok=True)
    write_frame(dataset.train, files.train)
    write_frame(dataset.test, files.test)
    files.stop_words.write_text("\n".join(stop_words.words) + "\n", encoding="utf-8")
    files.stop_words_facts.write_text(json.dumps({"source": stop_words.source}), encoding="utf-8")
    facts_file.write_text(files.facts.model_dump_json(indent=2), encoding="utf-8")
