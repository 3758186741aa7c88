"""Successive halving: all candidates on few records, the best of them on more, within a budget of record passes.

Counted are records, not seconds: so the choice depends neither on how fast a machine is nor on what else it does. See
Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..features.text_vectorizer import TextVectorizer
from .candidates import Candidate
from .folds import N_FINER, N_FOLDS
from .training_tokens import TrainingTokens
from .trials import Trial, run_trials_to_best_pass

LEAST_RECORDS = 100
"""With fewer records one candidate is told from another by chance alone."""

_LONG = 150
"""Words; a pass over a record of so many words among `_MANY` categories is what the budget counts."""
_MANY = 20
_LEAST_COST = 0.8
"""Of a pass over the shortest record: weights of all terms are made anew in each, however few a record holds, and for
each category: so many more than `_MOST_AT_LEAST_COST` cost in proportion.
"""
_MOST_AT_LEAST_COST = 100
SHARES = (0.3, 0.6, 0.1)
"""Of the budget: for all candidates, for the better ones, for the temperature."""
_FOLDS_AT_FIRST = 3
MOST_PASSES = 8
_ENOUGH = 500
_ENOUGH_OF_CATEGORY = 4
"""Records."""
_KEPT = 3
"""Candidates that go on, the profile's own among them: better a few on all records than many on some, since what suits
few records (more smoothing, no pairs) may not suit many.
"""
_FEW = 6
_CLEAR = 2.0
"""Standard errors by which feature settings must be behind to be given up."""
_TIE = 0.5
"""Standard errors within which simpler feature settings are as good."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one step of a race tries, on what."""

    candidates: Sequence[Candidate]
    n_records: int
    n_folds: int
    most_passes: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a race, and what came of it."""

    plan: Plan
    trials: list[Trial]
    record_passes: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What passes over the texts cost, in the budget's currency."""

    n_records: int
    n_categories: int
    of_record: float
    of_words: float = 0.0
    """Of a pass over a record among all of them, where the weights hardly count beside the words."""

    @classmethod
    def of(cls, texts: TrainingTokens) -> Costs:
        words = len(texts.found.numbers) / texts.n_records
        cost = words / _LONG * max(1.0, texts.n_categories / _MANY)
        least = _LEAST_COST * max(1.0, texts.n_categories / _MOST_AT_LEAST_COST)
        return cls(texts.n_records, texts.n_categories, max(least, cost), cost)

    def passes(self, plan: Plan) -> int:
        """Return what a step costs: each fold weighs and counts the records once, then goes over them again."""
        learnt = plan.n_records * (1 - 1 / N_FOLDS) * plan.n_folds
        return math.ceil(learnt * self.of_record * len(plan.candidates) * (1 + plan.most_passes))

    def within(self, budget: float, candidates: Sequence[Candidate], n_folds: int, most_passes: int) -> Plan:
        """Plan a step with as many records as the budget is enough for."""
        whole = Plan(candidates, self.n_records, n_folds, most_passes)
        share = min(1.0, budget / self.passes(whole))
        return replace(whole, n_records=int(self.n_records * share))

    def folds(self, budget: float, passes: int) -> int:
        """Return in how many folds all records can be asked for so much, at least one."""
        one = self.n_records * (1 - 1 / N_FOLDS) * self.of_record * (1 + passes)
        return int(min(N_FOLDS, max(1, budget // one)))

    def finer(self, budget: float, passes: int) -> bool:
        """Say whether all records can be asked in finer folds for so much."""
        learnt = self.n_records * (1 - 1 / N_FINER) * N_FINER
        return learnt * self.of_words * (1 + passes) <= budget

    def last_stops(self, budget: float, passes: int) -> tuple[list[int], int]:
        """Return after how many passes over all records to look at the winner, and in how many folds: after twice as
        many too, where the most that were tried did good and every fold can still be asked.
        """
        if passes == MOST_PASSES and self.folds(budget, 2 * passes) == N_FOLDS:
            return [passes, 2 * passes], N_FOLDS
        return [passes], self.folds(budget, passes)


def race(
    texts: TrainingTokens, vectorizer: TextVectorizer, candidates: Sequence[Candidate], budget: int, n_threads: int = 1
) -> list[Step]:
    """Run a race; `winner` says who won among the trials of its last step."""
    costs = Costs.of(texts)
    steps = [_run(texts, vectorizer, _first(costs, candidates, budget), costs, n_threads)]
    first = steps[0].plan
    if first.n_records < texts.n_records or first.most_passes < MOST_PASSES:
        better = survivors(steps[0].trials, candidates)
        plan = costs.within(SHARES[1] * budget, better, _FOLDS_AT_FIRST, MOST_PASSES)
        if len(better) > 1 and (plan.n_records, plan.most_passes) > (first.n_records, first.most_passes):
            steps.append(_run(texts, vectorizer, plan, costs, n_threads))
    return steps


def _first(costs: Costs, candidates: Sequence[Candidate], budget: int) -> Plan:
    """Plan the first step: everything at once where there is the budget for it; else as many candidates and passes as
    leave enough records to tell one from another.
    """
    everything = Plan(candidates, costs.n_records, N_FOLDS, MOST_PASSES)
    if costs.passes(everything) <= (SHARES[0] + SHARES[1]) * budget:
        return everything
    enough = min(costs.n_records, max(_ENOUGH, _ENOUGH_OF_CATEGORY * costs.n_categories))
    for some, most_passes in ((candidates, 4), (candidates, 1), (candidates[:_FEW], 1)):
        plan = costs.within(SHARES[0] * budget, some, _FOLDS_AT_FIRST, most_passes)
        if plan.n_records >= enough:
            return plan
    return replace(plan, n_records=max(plan.n_records, min(costs.n_records, LEAST_RECORDS)))


def _run(texts: TrainingTokens, vectorizer: TextVectorizer, plan: Plan, costs: Costs, n_threads: int) -> Step:
    with_pairs = any(candidate.pair_weight for candidate in plan.candidates)
    counted = texts.counted(vectorizer, plan.n_records, with_pairs, plan.n_folds)
    trials = run_trials_to_best_pass(counted, plan.candidates, plan.most_passes, n_threads)
    print(f"tried {len(trials)} candidates on {plan.n_records} records, in {plan.n_folds} folds", flush=True)
    return Step(plan, trials, costs.passes(plan))


def survivors(trials: Sequence[Trial], tried: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates to go on with: the profile's own, and the best with each feature settings that is not
    clearly behind, the most accurate first.
    """
    tops = [found[0] for found in _by_feature_settings(trials)]
    best = max(tops, key=lambda trial: trial.accuracy)
    near = [trial for trial in tops if not _behind(trial, best, _CLEAR)]
    near.sort(key=lambda trial: -trial.accuracy)
    names = dict.fromkeys([tried[0].name, *(trial.candidate.name for trial in near)])
    by_name = {candidate.name: candidate for candidate in tried}
    return [_with_all_passes(by_name[name]) for name in list(names)[:_KEPT]]


def _with_all_passes(candidate: Candidate) -> Candidate:
    """Let a candidate that makes passes make as many as are tried."""
    classifier = candidate.classifier
    return replace(candidate, classifier=replace(classifier, passes=MOST_PASSES)) if classifier.passes else candidate


def winner(trials: Sequence[Trial]) -> Trial:
    """Return the best trial: with each feature settings the one with the least log loss, of these the most accurate, or
    a simpler one that is as good.
    """
    tops = [found[0] for found in _by_feature_settings(trials)]
    best = max(tops, key=lambda trial: trial.accuracy)
    as_good = [trial for trial in tops if not _behind(trial, best, _TIE)]
    return min(as_good, key=lambda trial: (trial.candidate.pair_weight > 0, trial.candidate.keep_stop_words))


def _by_feature_settings(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Return the trials with each feature settings, those with the least log loss first."""
    found: dict[Candidate, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.candidate.feature_settings, []).append(trial)
    return [sorted(alike, key=lambda trial: trial.log_loss) for alike in found.values()]


def _behind(trial: Trial, best: Trial, standard_errors: float) -> bool:
    """Say whether a trial is behind another one on the same records by more than so many standard errors of their
    difference.
    """
    difference = best.right.astype(np.float64) - trial.right
    return bool(difference.mean() > standard_errors * difference.std() / math.sqrt(max(1, len(difference))))
