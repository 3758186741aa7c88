"""Training the classifier: arguments, read, fit, check, save. SageMaker runs this as a script
(`sagemaker_program=train.py`).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from classifier.artefact.serving_files import load_model, save_model
from classifier.artefact.writing import save_code, save_estimator, save_manifest
from classifier.job import scikit_learn  # noqa: F401  (before those that import it)
from classifier.job.fitting import Learnt, learn
from classifier.job.settings import SettingsParser, boolean
from classifier.job.training_job import channel, model_directory, output_data_directory, run_job
from classifier.model.category_model import CategoryModel, probabilities
from classifier.wire.feature_stream import FeatureRows, FeatureSpace

if TYPE_CHECKING:
    from sklearn.naive_bayes import MultinomialNB

_HYPERPARAMETERS = (
    *("alpha", "background_strength", "background_share", "fit_prior", "passes"),
    *("temperature", "lead_exponent", "gap_exponent"),
)
_MOST_PASSES = 100
_PRECISION = 1e-4
"""How far a served probability may be off the estimator's: the weights are kept in float32."""


def main() -> None:
    """Read the channels, fit, check that the serving form answers as the estimator does, save the model artefact."""
    settings = read_arguments()
    finish(settings, learn(settings))


def finish(settings: argparse.Namespace, learnt: Learnt) -> None:
    """Save what was learnt as the model artefact, and check it."""
    figures = {
        "n_records": learnt.n_records,
        "n_categories": len(learnt.estimator.classes_),
        "training_accuracy": learnt.training_accuracy,
    }
    # SageMaker's metric definitions pick figures out of the log by regular expressions over such lines.
    print(" ".join(f"{name}={value};" for name, value in figures.items()), flush=True)
    _save(settings, learnt, figures)
    _check(settings.model_dir, learnt)


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the settings: those of the command line, or the given ones."""
    parser = SettingsParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--profile", default="seed", help="name of the settings, for the manifest")
    parser.add_argument("--dataset", default="unnamed", help="name of the data, for the manifest")
    parser.add_argument("--alpha", type=_positive, default=0.01, help="additive smoothing of MultinomialNB, above 0")
    parser.add_argument(
        "--background_strength",
        type=_positive,
        help="mean of an alpha for each feature, in place of --alpha: see background_prior.py",
    )
    parser.add_argument(
        "--background_share",
        type=_portion,
        default=0.8,
        help="how much of that follows the feature's share of the corpus, 0 to 1",
    )
    parser.add_argument(
        "--temperature", type=_positive, default=1.0, help="what scores are divided by before they become probabilities"
    )
    parser.add_argument(
        "--lead_exponent",
        type=_finite,
        default=0.0,
        help="the power of a record's lead that its scores are divided by too: see category_model.py",
    )
    parser.add_argument(
        "--gap_exponent",
        type=_positive,
        default=1.0,
        help="the power of how far a score is behind the best one, above --lead_exponent",
    )
    parser.add_argument(
        "--passes",
        type=_count,
        default=0,
        help="how often to count again what is still answered wrongly: see discriminative_counts.py",
    )
    parser.add_argument(
        "--fit_prior",
        type=boolean,
        default=True,
        help="learn the categories' shares (True), or take them as equal (False)",
    )
    parser.add_argument(
        "--features", type=Path, default=channel("features"), help="folder of the batch transform's output"
    )
    parser.add_argument("--labels", type=Path, default=channel("labels"), help="folder of the categories")
    parser.add_argument("--model-dir", type=Path, default=model_directory(), help="folder that becomes model.tar.gz")
    parser.add_argument(
        "--output-data-dir", type=Path, default=output_data_directory(), help="folder that becomes output.tar.gz"
    )
    settings = parser.parse_args(arguments)
    if settings.gap_exponent <= settings.lead_exponent:  # of two categories, the surer would be given as the less sure
        parser.error(f"gap_exponent: {settings.gap_exponent} is not above lead_exponent, {settings.lead_exponent}")
    return settings


def _positive(value: str) -> float:
    number = float(value)
    if not (0 < number < math.inf):
        raise argparse.ArgumentTypeError(f"{value!r} is not a number above 0")
    return number


def _finite(value: str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{value!r} is not a finite number")
    return number


def _count(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value) <= _MOST_PASSES):
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from 0 to {_MOST_PASSES}")
    return int(value)


def _portion(value: str) -> float:
    number = float(value)
    if not (0 <= number <= 1):
        raise argparse.ArgumentTypeError(f"{value!r} is not a number from 0 to 1")
    return number


def _serving_form(estimator: MultinomialNB, space: FeatureSpace, temperature: float) -> CategoryModel:
    log_probabilities = estimator.feature_log_prob_.T
    centred = log_probabilities - log_probabilities.mean(axis=1, keepdims=True)
    weights = np.ascontiguousarray(centred, dtype=np.float32)
    return CategoryModel(tuple(map(str, estimator.classes_)), weights, estimator.class_log_prior_, space, temperature)


def _save(settings: argparse.Namespace, learnt: Learnt, figures: dict[str, float]) -> None:
    settings.output_data_dir.mkdir(parents=True, exist_ok=True)
    (settings.output_data_dir / "metrics.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
    form = _serving_form(learnt.estimator, learnt.space, settings.temperature)
    model = replace(form, lead_exponent=settings.lead_exponent, gap_exponent=settings.gap_exponent)
    save_code(settings.model_dir)
    save_estimator(settings.model_dir, learnt.estimator)
    save_model(settings.model_dir / "serving", model)
    facts = {
        "kind": "classifier",
        "profile": settings.profile,
        "dataset": settings.dataset,
        "hyperparameters": {name: getattr(settings, name) for name in _HYPERPARAMETERS},
        "categories": model.categories,
        "n_features": learnt.space.n_features,
        "n_nonzero": learnt.n_nonzero,
        "fingerprint": learnt.space.fingerprint,
        **figures,
    }
    save_manifest(settings.model_dir, facts)


def _check(model_dir: Path, learnt: Learnt) -> None:
    """Hold what will serve to the estimator that people load: the same probabilities, as far as float32 goes."""
    some = learnt.checked
    rows = FeatureRows(some.indptr, some.indices, some.data, learnt.space)
    served = probabilities(load_model(model_dir / "serving").scores(rows))
    if not np.allclose(served, learnt.estimator.predict_proba(some), atol=_PRECISION):
        raise RuntimeError("the serving form does not answer as model.joblib does")


if __name__ == "__main__":
    run_job(main)
