"""Settings are chosen on texts that the trial has not seen, and the choice is what both jobs go by."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest

from preprocessor_container.preprocessor.features.term_weighting import Idf, Weighting
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor_container.preprocessor.selection.calibration import (
    Temperature,
    calibrate,
    calibration_error,
    log_loss,
)
from preprocessor_container.preprocessor.selection.candidates import Candidate, Classifier, candidates, grid
from preprocessor_container.preprocessor.selection.choice import select
from preprocessor_container.preprocessor.selection.folds import N_FINER, N_FOLDS, deal, in_order
from preprocessor_container.preprocessor.selection.trials import CountedTexts, TermKinds
from tests.container_sources import PREPROCESSOR, failure, run_training, write_channels

FIRST = Candidate("best", True, Weighting(Idf.PLAIN, 0.03), 2.0, Classifier(background_strength=0.03, fit_prior=False))


def test_a_thread_and_its_replies_share_a_fold_and_so_do_equal_texts() -> None:
    texts = [f"Subject: {'Re: ' * (n % 2)}thread {n // 2}\n\nbody {n}" for n in range(60)] + ["same"] * 4
    dealt = deal(texts, np.arange(64) % 3)
    assert dealt is not None
    assert (dealt[0:60:2] == dealt[1:60:2]).all()
    assert len(set(dealt[60:])) == 1
    assert set(dealt) == set(range(N_FOLDS))


def test_each_category_is_dealt_evenly() -> None:
    numbers = np.repeat([0, 1, 2], [50, 20, 10])
    dealt = deal([f"text {n}" for n in range(80)], numbers)
    assert dealt is not None
    for category, size in ((0, 10), (1, 4), (2, 2)):
        assert np.bincount(dealt[numbers == category]).tolist() == [size] * N_FOLDS


def test_finer_folds_are_parts_of_the_others() -> None:
    texts, numbers = [f"text {n}" for n in range(97)], np.arange(97) % 4
    dealt, finer = deal(texts, numbers), deal(texts, numbers, N_FINER)
    assert dealt is not None
    assert finer is not None
    assert set(finer) == set(range(N_FINER))
    assert (finer % N_FOLDS == dealt).all()


def test_too_few_texts_are_not_dealt() -> None:
    assert deal(["one", "two"] * 20, np.arange(40) % 2) is None


def counted(texts: list[str], numbers: np.ndarray) -> CountedTexts:
    vectorizer = TextVectorizer(tokens="words")
    counts = vectorizer.count(texts)
    dealt = deal(texts, numbers)
    assert dealt is not None
    return CountedTexts(counts, numbers, dealt, False, np.zeros(len(texts), bool), kinds(vectorizer))


def kinds(vectorizer: TextVectorizer) -> TermKinds:
    none = np.zeros(len(vectorizer.vocabulary_), bool)
    return TermKinds(vectorizer.of_subject(), vectorizer.of_pairs(), none)


def test_labels_that_mean_nothing_are_not_learnt_by_heart() -> None:
    chance = np.random.default_rng(3)
    texts = [f"unique{n} " + " ".join(f"w{w}" for w in chance.integers(0, 50, 8)) for n in range(400)]
    found = select(counted(texts, chance.integers(0, 4, 400)), candidates(FIRST))
    assert all(trial.accuracy < 0.35 for trial in found.trials)


def test_unequal_categories_switch_the_learnt_prior_on() -> None:
    chance = np.random.default_rng(4)
    numbers = np.repeat([0, 1], [380, 20])
    texts = [f"n{n} " + " ".join(f"w{w}" for w in chance.integers(0, 300, 2)) for n in range(400)]
    assert select(counted(texts, numbers), candidates(FIRST)).chosen.classifier.fit_prior


def test_in_the_order_of_time_each_fold_is_answered_by_what_came_before_it() -> None:
    texts = [f"word{n % 7} text {n}" for n in range(60)]
    numbers = np.arange(60) % 2
    vectorizer = TextVectorizer(tokens="words")
    counts = vectorizer.count(texts)
    folds = in_order(60)
    assert folds is not None
    splits = list(CountedTexts(counts, numbers, folds, True, np.zeros(60, bool), kinds(vectorizer)).splits())
    assert len(splits) == N_FOLDS
    for learnt, asked in splits:
        assert np.flatnonzero(learnt).max() + 1 == np.flatnonzero(asked).min()
    assert sum(asked.sum() for _, asked in splits) == 50
    assert in_order(11) is None


def test_the_grid_is_the_profile_and_every_combination() -> None:
    found = grid(FIRST, {"background_strength": [0.01, 0.03], "subject_weight": [2.0, 3.0], "fit_prior": [False]})
    assert found[0] is FIRST
    settings = [(c.subject_weight, c.classifier.background_strength) for c in found]
    assert sorted(settings) == [(2.0, 0.01), (2.0, 0.03), (3.0, 0.01), (3.0, 0.03)]


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"alfa": [1]}, "'alfa' is no setting to try; choose from term_frequency, idf"),
        ({"subject_weight": [0]}, "subject_weight: 0 is no number above 0"),
        ({"category_floor": [-1]}, "category_floor: -1 is no number from 0 up"),
        ({"background_share": [1.5]}, "background_share: 1.5 is above 1"),
        ({"fit_prior": ["yes"]}, "fit_prior: 'yes' is neither true nor false"),
        ({"term_frequency": ["root"]}, "term_frequency: 'root' is neither 'count' nor 'log'"),
        ({"idf": ["none"]}, "'none' is not a valid Idf"),
    ],
)
def test_ranges_that_cannot_be_tried_are_refused(ranges: dict[str, list[object]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grid(FIRST, ranges)


def test_the_error_is_the_gap_of_confidence_and_accuracy() -> None:
    confidence = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 9 + [False] + [True] * 4 + [False] * 6)
    assert calibration_error(confidence, right) == pytest.approx(0.5 * 0.05 + 0.5 * 0.15)


@pytest.mark.parametrize("scale", [0.01, 1, 30, 1000])
def test_the_log_loss_is_the_least_that_any_temperature_gives(scale: float) -> None:
    chance = np.random.default_rng(11)
    scores = (scale * chance.normal(0, 2, (500, 4))).astype(np.float32)
    truth = (scores / scale + 2 * chance.gumbel(size=scores.shape)).argmax(axis=1)
    rows = np.arange(len(truth))
    every = [scores.astype(np.float64) / temperature for temperature in np.geomspace(0.05, 20, 2000)]
    losses = [np.log(np.exp(each).sum(axis=1)) - each[rows, truth] for each in every if each.max() < 700]
    assert log_loss(scores, truth) == pytest.approx(min(float(loss.mean()) for loss in losses), rel=1e-3)


def test_too_sure_scores_are_cooled_and_no_answer_changes() -> None:
    chance = np.random.default_rng(5)
    honest = chance.normal(0, 1.5, (4000, 3))
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) < chance.random((4000, 1))).sum(axis=1)
    found = calibrate((honest * 3).astype(np.float32), truth)
    assert found.temperature == Temperature(found.temperature.value)
    assert found.temperature.value == pytest.approx(3, rel=0.15)
    assert found.error_after < found.error_before / 3


def test_where_much_evidence_is_no_surer_each_record_gets_a_temperature_of_its_own() -> None:
    chance = np.random.default_rng(7)
    honest = chance.normal(0, 1.5, (4000, 5))
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) < chance.random((4000, 1))).sum(axis=1)
    repeated = (honest * chance.integers(1, 30, (4000, 1))).astype(np.float32)
    found = calibrate(repeated, truth)
    assert found.temperature.lead_exponent > 0.5
    assert found.temperature.gap_exponent > found.temperature.lead_exponent
    assert found.error_after < 0.03 < found.error_before


def test_categories_that_come_last_do_not_decide_how_sure_the_best_one_is() -> None:
    chance = np.random.default_rng(10)
    scores = chance.normal(0, 2, (4000, 20))
    order = (-scores).argsort(axis=1)
    likelihoods = np.exp(scores - scores.max(axis=1, keepdims=True))
    sure = chance.random(4000) < 1 / likelihoods.sum(axis=1)
    truth = order[np.arange(4000), np.where(sure, 0, chance.integers(1, 20, 4000))]
    assert calibrate(scores.astype(np.float32), truth).error_after < 0.05


def test_a_few_records_all_answered_rightly_do_not_make_certain() -> None:
    scores = np.tile(np.array([[2.0, 0.0], [0.0, 3.0]], np.float32), (10, 1))
    found = calibrate(scores, np.arange(20) % 2).temperature
    assert 0.25 < found.value < 1


def test_the_exponents_are_those_of_the_least_log_loss() -> None:
    chance = np.random.default_rng(8)
    scores = chance.normal(0, 4, (3000, 4))
    gaps = scores.max(axis=1, keepdims=True) - scores
    shares = np.exp(Temperature(0.5, 0.6, 1.4).logarithms(gaps))
    shares /= shares.sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) < chance.random((3000, 1))).sum(axis=1)
    found = calibrate(scores.astype(np.float32), truth).temperature
    assert (found.value, found.lead_exponent, found.gap_exponent) == pytest.approx((0.5, 0.6, 1.4), abs=0.15)


def test_a_category_that_was_not_learnt_does_not_disturb_the_temperature() -> None:
    chance = np.random.default_rng(9)
    scores = chance.normal(0, 3, (500, 4)).astype(np.float32)
    truth = (scores[:, :3] + 2 * chance.gumbel(size=(500, 3))).argmax(axis=1)
    truth[::20] = 3
    scores[:, 3] = -np.inf
    known = truth < 3
    found, without = calibrate(scores, truth), calibrate(scores[known][:, :3], truth[known])
    assert found.temperature.value == pytest.approx(without.temperature.value, rel=1e-3)
    assert found.error_after < found.error_before


def training(tmp_path: Path, pairs: list[tuple[str, str]]) -> Path:
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("data", "label_names"), *pairs])
    return write_channels(tmp_path, train={"train.csv": table.getvalue()}, stopwords={"stopwords.txt": "the\n"})


SETTINGS = (
    *("--tokens", "words", "--term_frequency", "log", "--idf", "plain", "--category_floor", "0.03"),
    *("--subject_weight", "2.0", "--stripped_copies", "True", "--choose", "True"),
    *("--classifier", '{"background_strength": 0.03, "fit_prior": false}'),
)


def test_the_job_writes_its_choice_and_fits_by_it(
    tmp_path: Path, corpus: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PREPROCESSOR))  # where the estimator's class is to be found
    pairs = [(f"Subject: note {n}\n\n{text} x{n}", category) for n, (text, category) in enumerate(corpus)]
    base = training(tmp_path, pairs)
    done = run_training(PREPROCESSOR, base, *SETTINGS)
    assert done.returncode == 0, done.stderr
    selection = json.loads((base / "output" / "data" / "selection.json").read_bytes())
    manifest = json.loads((base / "model" / "manifest.json").read_bytes())
    assert manifest["selection"] == selection
    accuracies = {candidate["name"]: candidate["accuracy"] for candidate in selection["candidates"]}
    assert accuracies[selection["chosen"]] == max(accuracies.values())
    assert selection["chosen"] in done.stdout
    estimator = joblib.load(base / "model" / "model.joblib")
    assert {name: estimator.get_params()[name] for name in selection["preprocessor"]} == selection["preprocessor"]
    assert manifest["n_copies"] == len(corpus)


def test_too_little_data_keeps_the_settings_and_says_so(tmp_path: Path) -> None:
    base = training(tmp_path, [("oak", "a"), ("elm", "b"), ("ash", "a")])
    done = run_training(PREPROCESSOR, base, *SETTINGS)
    assert done.returncode == 0, done.stderr
    assert "too few different texts to choose by" in done.stdout
    assert not (base / "output" / "data" / "selection.json").exists()


def test_settings_of_the_classifier_that_it_does_not_have_are_a_users_mistake(tmp_path: Path) -> None:
    base = training(tmp_path, [("oak", "a"), ("elm", "b")])
    assert run_training(PREPROCESSOR, base, "--classifier", '{"alfa": 1}').returncode == 1
    assert "alpha, background_strength, background_share, fit_prior" in failure(base)


RANGES = ("--ranges", '{"category_floor": [0.01, 0.1], "subject_weight": [1.0, 3.0], "fit_prior": [false, true]}')


@pytest.mark.long
def test_a_tuning_that_was_stopped_goes_on_where_it_was(tmp_path: Path, corpus: list[tuple[str, str]]) -> None:
    base = training(tmp_path, [(f"Subject: note {n}\n\n{text} x{n}", name) for n, (text, name) in enumerate(corpus)])
    whole = run_training(PREPROCESSOR, base, *SETTINGS, *RANGES)
    assert whole.returncode == 0, whole.stderr
    selection = (base / "output" / "data" / "selection.json").read_bytes()
    assert len(json.loads(selection)["candidates"]) == 9
    (records,) = (base / "checkpoints").iterdir()
    lines = records.read_text().splitlines(keepends=True)
    records.write_text("".join(lines[:6]) + lines[6][:40])  # as if it had been stopped in the middle of a line
    shutil.rmtree(base / "model")
    rest = run_training(PREPROCESSOR, base, *SETTINGS, *RANGES)
    assert rest.returncode == 0, rest.stderr
    assert (base / "output" / "data" / "selection.json").read_bytes() == selection
    assert rest.stdout.count("tried") < whole.stdout.count("tried")


@pytest.mark.long
def test_what_was_tried_on_other_data_is_tried_again(tmp_path: Path, corpus: list[tuple[str, str]]) -> None:
    for place, pairs in (("one", corpus), ("other", corpus[:-1])):
        base = training(tmp_path / place, pairs)
        if place == "other":
            shutil.copytree(tmp_path / "one" / "checkpoints", base / "checkpoints")
        done = run_training(PREPROCESSOR, base, *SETTINGS, *RANGES)
        assert done.returncode == 0, done.stderr
        assert "tried 9 of 9" in done.stdout


def test_a_range_of_nothing_is_a_users_mistake(tmp_path: Path, corpus: list[tuple[str, str]]) -> None:
    base = training(tmp_path, corpus)
    assert run_training(PREPROCESSOR, base, *SETTINGS, "--ranges", '{"alfa": [1]}').returncode == 1
    assert failure(base).startswith("hyperparameters: ranges: 'alfa' is no setting to try")
