"""`prepare`: what is written, what is used again, and what is said when something cannot be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import profiles
from pipeline.data import newsgroups, preparation, stop_words
from pipeline.data.downloading import DownloadFailed
from pipeline.data.frame import read_frame
from pipeline.data.preparation import DataOptions, DatasetChoice, prepare, prepared
from pipeline.errors import BadInput

SEED = profiles.load("seed")


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def no_newsgroups(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(dataset: newsgroups.Newsgroups, train: Path, test: Path) -> None:
        raise DownloadFailed("20 Newsgroups could not be downloaded: no network")

    monkeypatch.setattr(newsgroups.Newsgroups, "write", unreachable)


@pytest.fixture
def mine(tmp_path: Path) -> DataOptions:
    path = tmp_path / "mine.csv"
    path.write_text("text,label\na,x\nb,x\nc,y\nd,y\n", encoding="utf-8")
    return DataOptions(input=(str(path),), text_column="text", label_column="label")


@pytest.mark.usefixtures("no_newsgroups")
def test_sample_corpus_stands_in_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    files = prepare(DataOptions(), SEED, "p")
    assert files.facts.is_stand_in
    assert "SAMPLE CORPUS" in capsys.readouterr().err
    train, test = read_frame(files.train), read_frame(files.test)
    assert train["label_names"].nunique() == 20
    assert train["label_names"].value_counts().min() >= 30
    assert test["label_names"].value_counts().min() >= 30
    assert not set(train["data"]) & set(test["data"])


@pytest.mark.usefixtures("no_newsgroups")
def test_newsgroups_asked_for_by_name_are_not_replaced() -> None:
    with pytest.raises(DownloadFailed, match="no network"):
        prepare(DataOptions(dataset=DatasetChoice.NEWSGROUPS), SEED, "p")


@pytest.mark.usefixtures("no_newsgroups")
def test_a_stand_in_is_not_kept_for_next_time(capsys: pytest.CaptureFixture[str]) -> None:
    prepare(DataOptions(), SEED, "p")
    capsys.readouterr()
    prepared(DataOptions(), SEED, "p")
    assert "prepared earlier" not in capsys.readouterr().err


def test_same_options_and_file_are_prepared_once(mine: DataOptions, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(mine, SEED, "p")
    again = prepared(mine, SEED, "p")
    assert "prepared earlier" in capsys.readouterr().err
    assert (again.facts.train_records, again.facts.test_records) == (2, 2)


def test_what_was_prepared_is_read_for_its_faults_only_when_it_was_changed_since(
    mine: DataOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = prepare(mine, SEED, "p").train
    read: list[Path] = []
    check = preparation.check_records
    monkeypatch.setattr(preparation, "check_records", lambda path: (read.append(path), check(path)))
    prepared(mine, SEED, "p")
    assert read == []
    whole = train.read_text(encoding="utf-8")
    train.write_text(whole.replace("data,", "texts,", 1), encoding="utf-8")
    with pytest.raises(BadInput, match="the columns are texts"):
        prepared(mine, SEED, "p")
    assert read == [train]


def test_a_changed_file_is_prepared_anew(mine: DataOptions) -> None:
    prepare(mine, SEED, "p")
    path = Path(mine.input[0])
    path.write_text(path.read_text(encoding="utf-8") + "e,x\nf,y\n", encoding="utf-8")
    facts = prepared(mine, SEED, "p").facts
    assert facts.train_records + facts.test_records == 6


def test_own_data_needs_its_columns_named(mine: DataOptions) -> None:
    with pytest.raises(BadInput, match="--text-column"):
        prepare(DataOptions(input=mine.input), SEED, "p")


def test_counts_balance_and_drops_are_printed(mine: DataOptions, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(mine, SEED, "p")
    printed = capsys.readouterr().err
    assert "2 train and 2 test records, 2 categories" in printed
    assert "balance: from 1 train records" in printed
    assert "dropped: nothing" in printed


def test_without_nltk_the_list_is_scikit_learns_with_a_warning(
    mine: DataOptions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stop_words, "_from_nltk", lambda: None)
    facts = preparation.prepare(mine, SEED, "p").facts
    assert facts.stop_words_source == "sklearn.feature_extraction.text.ENGLISH_STOP_WORDS"
    assert "WARNING" in capsys.readouterr().err


def test_nltks_words_are_read_where_it_keeps_them_as_it_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nltk_data = pytest.importorskip("nltk.data")
    kept = tmp_path / "second" / "corpora" / "stopwords"
    kept.mkdir(parents=True)
    (kept / "english").write_text("the\n\nisn't\r\n café\n", encoding="utf-8")
    monkeypatch.setenv("NLTK_DATA", os.pathsep.join(["", str(tmp_path / "first"), str(tmp_path / "second")]))
    monkeypatch.setattr(nltk_data, "path", [str(tmp_path / "second")])
    from nltk.corpus.reader import WordListCorpusReader

    ours = stop_words.english()
    assert ours.source == stop_words.NLTK
    assert list(ours.words) == WordListCorpusReader(str(kept), ["english"]).words() == ["the", "isn't", " café"]


def test_stop_words_that_stood_in_are_not_used_again(
    mine: DataOptions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as without_network:
        without_network.setattr(stop_words, "_from_nltk", lambda: None)
        prepare(mine, SEED, "p")
    monkeypatch.setattr(stop_words, "_from_nltk", lambda: ("the", "of"))
    files = prepared(mine, SEED, "p")
    assert files.facts.stop_words_source == stop_words.NLTK
    assert files.stop_words.read_text(encoding="utf-8") == "the\nof\n"
    capsys.readouterr()
    prepared(mine, SEED, "p")
    assert "prepared earlier" in capsys.readouterr().err


def test_data_is_used_again_with_a_warning_while_nltk_cannot_be_reached(
    mine: DataOptions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stop_words, "_from_nltk", lambda: None)
    prepare(mine, SEED, "p")
    capsys.readouterr()
    prepared(mine, SEED, "p")
    printed = capsys.readouterr().err
    assert "prepared earlier" in printed
    assert "WARNING" in printed


def test_files_that_cannot_be_read_leave_what_was_prepared_before(mine: DataOptions, tmp_path: Path) -> None:
    files = prepare(mine, SEED, "p")
    before = {path.name: path.read_bytes() for path in files.directory.iterdir()}
    bad = tmp_path / "bad.csv"
    bad.write_text("text,label\n" + "a,x\nb,y\n" * 500 + "c\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"bad\.csv, line 1002"):
        prepare(mine.model_copy(update={"input": (str(bad),)}), SEED, "p")
    assert {path.name: path.read_bytes() for path in files.directory.iterdir()} == before


def test_a_file_more_in_a_folder_is_prepared_anew(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "a.csv").write_text("text,label\na,x\nb,x\nc,y\nd,y\n", encoding="utf-8")
    options = DataOptions(input=(str(folder),), text_column="text", label_column="label")
    assert prepared(options, SEED, "p").facts.train_records == 2
    (folder / "b.csv").write_text("text,label\ne,x\nf,y\n", encoding="utf-8")
    facts = prepared(options, SEED, "p").facts
    assert facts.train_records + facts.test_records == 6
