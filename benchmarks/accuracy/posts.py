"""20 Newsgroups, its test split whole and in what is left of it: how right profile `best` is, and how well its
probabilities are calibrated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from benchmarks import markdown
from benchmarks.accuracy.containers import Answers
from benchmarks.accuracy.derived import Texts, newsgroups
from benchmarks.accuracy.models import Pipeline

_TEMPERATURES = np.geomspace(0.25, 4, 161)


def forms() -> dict[str, Texts]:
    """Return the test split in each form that is asked."""
    whole = newsgroups("test")
    return {
        "whole posts": whole,
        "first five lines dropped": whole.changed(lambda text: "\n".join(text.split("\n")[5:])),
        "headers, footers, quotes removed": newsgroups("test", remove=("headers", "footers", "quotes")),
    }


def scored(fitted: Pipeline, answers: Answers, form: str, texts: Texts) -> dict[str, Any]:
    """Return the figures of one form: of what the containers answered, and, for reference, the least calibration error
    that one temperature could give, which is chosen on the test split itself.

    Parameters
    ----------
    fitted : Pipeline
        The same model in this process, which gives the scores before any temperature; it must answer alike.
    """
    from preprocessor_container.preprocessor.selection.calibration import calibration_error

    scores = fitted.scores(texts.texts)
    if not np.array_equal(np.array(fitted.categories)[scores.argmax(axis=1)], answers.categories):
        raise RuntimeError(f"{form}: the containers answer otherwise than the same model in this process")
    right = answers.categories == np.array(texts.categories)

    best = least_temperature(scores, right)
    return {
        "form": form,
        "accuracy": float(right.mean()),
        "macro_f1": float(f1_score(texts.categories, answers.categories, average="macro")),
        "error_uncalibrated": error_of(scores, right, 1.0),
        "error": calibration_error(answers.probabilities, right),
        "temperature": fitted.selection["classifier"]["temperature"],
        "least_error_on_test": error_of(scores, right, best),
        "its_temperature": best,
    }


def least_temperature(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the single temperature of the least calibration error on these very answers."""
    from preprocessor_container.preprocessor.selection.calibration import calibration_error

    return float(
        min(_TEMPERATURES, key=lambda temperature: calibration_error(_confidence(scores / temperature), right))
    )


def error_of(scores: NDArray[np.float64], right: NDArray[np.bool_], temperature: float) -> float:
    """Return the calibration error of answers under a single temperature."""
    from preprocessor_container.preprocessor.selection.calibration import calibration_error

    return calibration_error(_confidence(scores / temperature), right)


def _confidence(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    confidence: NDArray[np.float64] = 1 / np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1)
    return confidence


def table(rows: list[dict[str, Any]]) -> str:
    """Return the figures as a Markdown table."""
    figures = ("macro_f1", "error", "error_uncalibrated", "least_error_on_test")
    return markdown.table(
        [
            *("test posts", "accuracy", "macro-F1", "calibration error", "uncalibrated"),
            "least that one temperature can give",
        ],
        ([row["form"], f"**{row['accuracy']:.4f}**", *(f"{row[figure]:.4f}" for figure in figures)] for row in rows),
    )
