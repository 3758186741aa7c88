"""Answers have one entry per record, in order, in a form that others can read."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from classifier_container.classifier.errors import UnsupportedAccept
from classifier_container.classifier.model.category_model import Ranking
from classifier_container.classifier.requests.answers import choose_format

CATEGORIES = ["comp.graphics", 'quoted "name", with comma', "two\nlines", "", "na\u00efve \u2028"]
RANKING = Ranking(
    np.array([[1, 0], [2, 4], [3, 1], [4, 3]]), np.array([[0.75, 0.25], [1.0, 1e-300], [0.5, 0.5], [0.9, 0.1]])
)
NOTHING = Ranking(np.empty((0, 2), np.intp), np.empty((0, 2)))


def encode(media_type: str, ranking: Ranking = RANKING) -> str:
    return choose_format(media_type).encode(ranking, CATEGORIES)


def test_json_holds_best_category_and_the_top() -> None:
    predictions = json.loads(encode("application/json"))["predictions"]
    assert predictions[0] == {
        "category": CATEGORIES[1],
        "probability": 0.75,
        "top": [{"category": CATEGORIES[1], "probability": 0.75}, {"category": CATEGORIES[0], "probability": 0.25}],
    }
    assert [entry["category"] for entry in predictions] == [CATEGORIES[position] for position in (1, 2, 3, 4)]
    assert predictions[1]["top"][1]["probability"] == 1e-300


def test_json_lines_are_the_predictions_of_json_line_by_line() -> None:
    lines = encode("application/jsonlines").split("\n")
    assert [json.loads(line) for line in lines] == json.loads(encode("application/json"))["predictions"]


def test_csv_has_one_category_per_record() -> None:
    assert list(csv.reader(io.StringIO(encode("text/csv"), newline=""))) == [
        [CATEGORIES[position]] for position in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize("media_type", ["text/csv", "application/jsonlines"])
def test_lines_end_in_no_newline_so_that_assembling_adds_the_only_one(media_type: str) -> None:
    assert encode(media_type)[-1] not in "\r\n"


def test_no_records_are_answered_with_none() -> None:
    assert json.loads(encode("application/json", NOTHING)) == {"predictions": []}
    assert encode("text/csv", NOTHING) == encode("application/jsonlines", NOTHING) == ""


def test_json_is_preferred_and_others_are_refused() -> None:
    assert choose_format("*/*").media_type == "application/json"
    with pytest.raises(UnsupportedAccept, match="one of application/json, text/csv, application/jsonlines"):
        choose_format("application/xml")
