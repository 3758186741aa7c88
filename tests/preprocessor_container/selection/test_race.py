"""Candidates race on records, within a budget that knows no seconds; too little data is said to be too little."""

from __future__ import annotations

import numpy as np

from preprocessor_container.preprocessor.features.term_weighting import Idf, Weighting
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor_container.preprocessor.selection.candidates import Candidate, Classifier, candidates
from preprocessor_container.preprocessor.selection.choice import Selection, choose
from preprocessor_container.preprocessor.selection.folds import N_FINER, N_FOLDS, deal
from preprocessor_container.preprocessor.selection.race import Costs, race, survivors, winner
from preprocessor_container.preprocessor.selection.training_tokens import TrainingTokens
from preprocessor_container.preprocessor.selection.trials import Trial

FIRST = Candidate(
    "best", True, Weighting(Idf.PLAIN, 0.02), 0.0, Classifier(background_strength=0.2, fit_prior=False, passes=8)
)
STOP_WORDS = ["who", "not"]


VECTORIZER = TextVectorizer(tokens="words", stop_words=STOP_WORDS, max_features=200_000)


def tokens_of(texts: list[str], numbers: list[int]) -> TrainingTokens:
    categories = np.array(numbers)
    finer = deal(texts, categories, N_FINER)
    assert finer is not None
    every = np.arange(len(texts))
    return TrainingTokens(VECTORIZER.tokenise(texts), categories, every, finer % N_FOLDS, False, finer)


def chosen(texts: list[str], numbers: list[int], budget: int = 4_000_000, n_threads: int = 1) -> Selection:
    return choose(tokens_of(texts, numbers), VECTORIZER, candidates(FIRST), budget, n_threads)


def noise(chance: np.random.Generator, n_words: int) -> str:
    return " ".join(f"w{word}" for word in chance.integers(0, 200, n_words))


def test_stop_words_are_kept_where_they_tell_the_categories_apart() -> None:
    chance = np.random.default_rng(0)
    numbers = [n % 2 for n in range(400)]
    found = chosen([f"n{n} {STOP_WORDS[n % 2]} {noise(chance, 4)}" for n in range(400)], numbers)
    assert found.chosen.keep_stop_words
    assert found.trials[0].accuracy > 0.95


def test_pairs_are_chosen_where_the_order_of_words_tells() -> None:
    chance = np.random.default_rng(1)
    numbers = [n % 2 for n in range(600)]
    texts = [f"n{n} " + noise(chance, 3) + (" red fox" if n % 2 else " fox red") for n in range(600)]
    found = chosen(texts, numbers)
    assert found.chosen.pair_weight > 0
    assert found.trials[0].accuracy > 0.95


def test_of_equals_the_simpler_is_chosen() -> None:
    chance = np.random.default_rng(2)
    numbers = [n % 2 for n in range(400)]
    found = chosen([f"n{n} {'oak' if n % 2 else 'elm'} {noise(chance, 4)}" for n in range(400)], numbers)
    assert (found.chosen.keep_stop_words, found.chosen.pair_weight) == (False, 0)


def test_the_same_budget_gives_the_same_choice_in_any_number_of_threads_and_less_tries_less() -> None:
    chance = np.random.default_rng(3)
    numbers = [n % 3 for n in range(900)]
    texts = [f"n{n} c{n % 3 + chance.integers(0, 2)} {noise(chance, 60)}" for n in range(900)]
    one, other = chosen(texts, numbers, 20_000), chosen(texts, numbers, 20_000, n_threads=3)
    assert one.as_dict() == other.as_dict()
    assert one.record_passes <= 20_000
    assert one.record_passes < chosen(texts, numbers, 600_000).record_passes
    assert one.trials[0].n_records < 900


def test_few_records_keep_the_settings_and_the_reason_is_said() -> None:
    found = chosen([f"n{n} {'oak' if n % 2 else 'elm'}" for n in range(20)], [n % 2 for n in range(20)])
    assert found.chosen == FIRST
    assert "20 records are too few to choose by" in found.lines()[-2]


def test_twice_as_many_passes_are_tried_where_the_most_did_good_and_there_is_the_budget() -> None:
    costs = Costs(1000, 2, 1.0)
    assert costs.last_stops(100_000, 8) == ([8, 16], 5)
    assert costs.last_stops(100_000, 4) == ([4], 5)
    assert costs.last_stops(20_000, 8) == ([8], 2)


def test_one_category_with_nearly_all_records_is_learnt_as_such() -> None:
    chance = np.random.default_rng(4)
    numbers = [int(n % 100 == 0) for n in range(600)]
    found = chosen([f"n{n} {noise(chance, 5)}" for n in range(600)], numbers)
    assert found.trials[0].accuracy >= 0.98


def test_hundreds_of_categories_are_told_apart_within_the_budget() -> None:
    numbers = [n % 300 for n in range(1200)]
    found = chosen([f"n{n} name{n % 300} x{n % 7}" for n in range(1200)], numbers, 400_000)
    assert found.record_passes <= 400_000
    assert found.trials[0].accuracy > 0.9


def named(n_records: int, n_categories: int) -> TrainingTokens:
    numbers = [n % n_categories for n in range(n_records)]
    return tokens_of([f"n{n} name{number} x{n % 7}" for n, number in enumerate(numbers)], numbers)


def test_a_pass_costs_the_more_the_more_categories_there_are() -> None:
    few, many = Costs.of(named(600, 20)), Costs.of(named(600, 300))
    assert many.of_record == 3 * few.of_record


def test_what_was_tried_with_few_passes_on_all_records_goes_on_with_more() -> None:
    texts = named(1200, 300)
    first, second = race(texts, VECTORIZER, candidates(FIRST), 1_000_000)
    assert (first.plan.n_records, first.plan.most_passes) == (1200, 1)
    assert second.plan.n_records == 1200
    assert second.plan.most_passes > 1
    assert len(second.trials) < len(first.trials)
    assert first.record_passes + second.record_passes <= 1_000_000


def test_probabilities_are_fitted_in_finer_folds_where_there_is_the_budget() -> None:
    texts = named(600, 3)
    finer = texts.dealt_finer(texts.counted(VECTORIZER, 600, False))
    assert finer is not None
    splits = list(finer.splits())
    assert [int(learnt.sum()) for learnt, _ in splits] == [540] * N_FINER
    assert sum(asked.astype(int) for _, asked in splits).tolist() == [1] * 600
    costs = Costs(1000, 2, 0.8, 0.1)
    assert costs.finer(8_100, 8)
    assert not costs.finer(8_000, 8)


def trial(name: str, log_loss: float, right: list[int], pair_weight: float = 0.0) -> Trial:
    candidate = Candidate(name, True, Weighting(), 0.0, Classifier(passes=2), pair_weight)
    return Trial(candidate, [], float(np.mean(right)), log_loss, len(right), np.array(right, bool))


def test_a_more_accurate_rival_wins_and_what_is_clearly_behind_is_given_up() -> None:
    plainer = trial("words", 0.5, [1] * 60 + [0] * 40)
    rival = trial("pairs", 0.4, [1] * 90 + [0] * 10, 1.0)
    assert winner([plainer, rival]) is rival
    first = trial("first", 0.6, [1] * 60 + [0] * 40)
    going_on = survivors([first, plainer, rival], [first.candidate, plainer.candidate, rival.candidate])
    assert [candidate.name for candidate in going_on] == ["first", "pairs"]


def test_what_is_as_accurate_as_the_best_and_simpler_wins() -> None:
    simple, pairs = trial("words", 0.5, [1] * 80 + [0] * 20), trial("pairs", 0.4, [0, 1] + [1] * 79 + [0] * 19, 1.0)
    assert winner([pairs, simple]) is simple
