"""Optuna, asked and told by lines of JSON: `optuna_process.py`, run by its path with `python -P`.

The first line of standard input says what may be chosen, each following one asks for the next trial or tells what
became of one. Every number lies between 0 and 1 here; what it stands for is the business of who asks.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState

RANDOM_TRIALS = 10
"""Trials at random before there is something to learn from; a third of all in small jobs."""


def main() -> None:
    """Answer until standard input ends."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    settings = json.loads(sys.stdin.readline())
    sampler = optuna.samplers.TPESampler(
        seed=settings["seed"],
        n_startup_trials=min(RANDOM_TRIALS, max(2, settings["jobs"] // 3)),
        constant_liar=True,
    )
    study = optuna.create_study(direction="maximize" if settings["maximize"] else "minimize", sampler=sampler)
    for line in sys.stdin:
        message = json.loads(line)
        if "ask" in message:
            print(json.dumps(_asked(study, settings)), flush=True)
        else:
            _told(study, message["tell"], message["objective"])


def _asked(study: optuna.Study, settings: dict[str, Any]) -> dict[str, Any]:
    distributions: dict[str, BaseDistribution] = {
        **{name: FloatDistribution(0.0, 1.0) for name in settings["numbers"]},
        **{name: CategoricalDistribution(values) for name, values in settings["choices"].items()},
    }
    trial = study.ask(distributions)
    return {
        "number": trial.number,
        "places": {name: trial.params[name] for name in settings["numbers"]},
        "chosen": {name: trial.params[name] for name in settings["choices"]},
    }


def _told(study: optuna.Study, number: int, objective: float | None) -> None:
    if objective is None:
        study.tell(number, state=TrialState.FAIL)
    else:
        study.tell(number, objective)


if __name__ == "__main__":
    main()
