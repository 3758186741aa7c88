"""`prepare`: get the data that was asked for, write it where the training jobs' driver finds it, and say what it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, field_validator

from pipeline.console import banner, say
from pipeline.data import newsgroups, sample, user_files
from pipeline.data.dataset import Dataset, Summary
from pipeline.data.downloading import DownloadFailed
from pipeline.data.frame import check_records
from pipeline.data.stop_words import NLTK, StopWords, english
from pipeline.data.tables.bad_records import OnBadRecord
from pipeline.data.tables.files import Find, InputFile, local_files
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
    input: tuple[str, ...] = ()
    """Files and folders; None: `dataset`."""
    text_column: str | None = None
    label_column: str | None = None
    subject_column: str | None = None
    test_input: tuple[str, ...] = ()
    test_fraction: float = 0.2
    encoding: str = "utf-8"
    delimiter: str | None = None
    on_bad_record: OnBadRecord = OnBadRecord.FAIL

    @field_validator("input", "test_input", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """Take one path as a list of one."""
        if given is None:
            return ()
        return (str(given),) if isinstance(given, str | Path) else tuple(map(str, cast("Iterable[object]", given)))


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
    train_sha256: str = ""
    """Of `train.csv` as it was written: while it is that, it need not be read for its faults."""


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


def prepare(options: DataOptions, profile: Profile, name: str, find: Find = local_files) -> PreparedFiles:
    """Fetch or read the data, check it, write it below `prepared/<name>/`, and print what it is.

    Parameters
    ----------
    options : DataOptions
        What the user asked for.
    profile : Profile
        Says how 20 Newsgroups is taken.
    name : str
        Of the directory.
    find : callable
        Finds the files of `options.input`.

    Raises
    ------
    BadInput
        If the user's files or options cannot be used; what was prepared before stays.
    DownloadFailed
        If 20 Newsgroups was asked for by name and cannot be had.
    """
    dataset = _chosen(options, profile, find)
    stop_words = english()
    directory = DIRECTORY / name
    directory.mkdir(parents=True, exist_ok=True)
    aside = {split: directory / f"{split}.csv.part" for split in ("train", "test")}
    try:
        summary, is_stand_in = _written(dataset, options, aside)
        facts = _facts(_key(options, profile, find), summary, stop_words, is_stand_in, _sha256(aside["train"]))
        files = PreparedFiles(directory, facts)
        _put_in_place(files, aside, stop_words)
    finally:
        for path in aside.values():
            path.unlink(missing_ok=True)
    for line in summary.describe():
        say(line)
    return files


def _facts(key: str, summary: Summary, stop_words: StopWords, is_stand_in: bool, train_sha256: str) -> Prepared:
    return Prepared(
        key=key,
        dataset=summary.name,
        train_records=summary.train_records,
        test_records=summary.test_records,
        categories=list(summary.categories),
        stop_words_source=stop_words.source,
        is_stand_in=is_stand_in,
        is_ordered=summary.is_ordered,
        train_sha256=train_sha256,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepared(options: DataOptions, profile: Profile, name: str, find: Find = local_files) -> PreparedFiles:
    """Return the data set that an earlier `prepare` left for the same options, or prepare it now.

    What stood in for data or stop words that could not be had is not used again: they may be had by now. Raises as
    `prepare` does.
    """
    facts_file = DIRECTORY / name / "dataset.json"
    if facts_file.is_file():
        facts = Prepared.model_validate_json(facts_file.read_text(encoding="utf-8"))
        if facts.key == _key(options, profile, find) and not facts.is_stand_in and _are_todays(facts.stop_words_source):
            files = PreparedFiles(facts_file.parent, facts)
            if _sha256(files.train) != facts.train_sha256:
                check_records(files.train)
            say(
                f"data: {facts.dataset}, prepared earlier: {facts.train_records:,} train and "
                f"{facts.test_records:,} test records"
            )
            return files
    return prepare(options, profile, name, find)


def _are_todays(stop_words_source: str) -> bool:
    """Tell whether stop words would come from there today; a list that stood in is not kept once NLTK's can be had."""
    return stop_words_source == NLTK or stop_words_source == english().source


def _chosen(options: DataOptions, profile: Profile, find: Find) -> Dataset:
    if options.input:
        return _user_files(options, find)
    if options.dataset is DatasetChoice.SAMPLE:
        _say_sample("as you asked")
        return sample.load()
    return newsgroups.Newsgroups(profile.newsgroups)


def _written(dataset: Dataset, options: DataOptions, aside: Mapping[str, Path]) -> tuple[Summary, bool]:
    """Write a data set, or the sample corpus in its place where it cannot be had; say whether it was that."""
    try:
        return dataset.write(aside["train"], aside["test"]), False
    except DownloadFailed as error:
        if options.input or options.dataset is DatasetChoice.NEWSGROUPS:
            raise
        say(str(error))
        _say_sample("because 20 Newsgroups could not be had")
        return sample.load().write(aside["train"], aside["test"]), True


def _say_sample(reason: str) -> None:
    banner(
        f"SAMPLE CORPUS, {reason}: 1,200 short texts that come with this project.",
        "No figure from here on is a figure of 20 Newsgroups.",
    )


def _user_files(options: DataOptions, find: Find) -> Dataset:
    if options.text_column is None or options.label_column is None:
        raise BadInput(
            "Your own data needs the names of its columns: --text-column and --label-column (make: "
            "TEXT_COLUMN=... LABEL_COLUMN=...)."
        )
    return user_files.UserFiles(
        name=user_files.name_of(options.input),
        files=_found(options.input, find),
        columns=user_files.Columns(options.text_column, options.label_column, options.subject_column),
        test_files=_found(options.test_input, find),
        test_fraction=options.test_fraction,
        options=user_files.FileOptions(options.encoding, options.delimiter, options.on_bad_record),
    )


def _found(given: Iterable[str], find: Find) -> list[InputFile]:
    return [file for one in given for file in find(one)]


def _key(options: DataOptions, profile: Profile, find: Find) -> str:
    digest = hashlib.sha256((options.model_dump_json() + profile.newsgroups.model_dump_json()).encode())
    for file in _found((*options.input, *options.test_input), find):
        digest.update(f"{file.name}\n{file.fingerprint()}\n".encode())
    return digest.hexdigest()


def _put_in_place(files: PreparedFiles, aside: Mapping[str, Path], stop_words: StopWords) -> None:
    """Let what was written aside take its place, the facts last: without them a directory is no prepared data set."""
    facts_file, facts_aside = files.directory / "dataset.json", files.directory / "dataset.json.part"
    facts_file.unlink(missing_ok=True)
    aside["train"].replace(files.train)
    aside["test"].replace(files.test)
    files.stop_words.write_text("\n".join(stop_words.words) + "\n", encoding="utf-8")
    files.stop_words_facts.write_text(json.dumps({"source": stop_words.source}), encoding="utf-8")
    facts_aside.write_text(files.facts.model_dump_json(indent=2), encoding="utf-8")
    facts_aside.replace(facts_file)
