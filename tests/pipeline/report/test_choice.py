"""The report says what training tried, and why the settings that won are the model's."""

from __future__ import annotations

from typing import Any

from pipeline.report.output.choice import choice


def candidate(name: str, accuracy: float, records: int) -> dict[str, Any]:
    return {"name": name, "accuracy": accuracy, "log_loss": 0.5, "records": records, "classifier": {"passes": 4}}


SELECTION = {
    "chosen": "all words",
    "why": "not clearly less accurate than 'words and pairs', and simpler",
    "calibration": {"temperature": 0.7, "error_before": 0.09, "error_after": 0.01},
    "candidates": [candidate("all words", 0.81, 5000), candidate("words and pairs", 0.82, 5000)],
}


def test_every_candidate_is_shown_and_the_chosen_one_marked() -> None:
    found = choice(SELECTION)
    assert found is not None
    assert found.why == SELECTION["why"]
    shown = [[cell.shown for cell in row] for row in found.tried.rows]
    assert shown == [
        ["all words (chosen)", "0.8100", "0.5000", "4", "5,000"],
        ["words and pairs", "0.8200", "0.5000", "4", "5,000"],
    ]
    assert "0.0900 before, 0.0100 after" in found.probabilities


def test_settings_that_were_given_have_no_choice_to_show() -> None:
    assert choice(None) is None
    assert choice({"chosen": "best", "candidates": []}) is None
