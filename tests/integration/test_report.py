"""`report` and `explain` as a user runs them, on the sample corpus that is deployed."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import SharedProcess
from tests.integration.test_commands import GRAPHICS

pytestmark = pytest.mark.long


def test_report_and_evaluate_give_the_same_figures(evaluated: dict[str, Any], reported: Path) -> None:
    found, expected = json.loads((reported / "metrics.json").read_bytes()), evaluated
    assert found["run"] == expected["run"]
    assert found["scores"]["accuracy"]["value"] == expected["accuracy"]
    assert found["scores"]["macro_f1"]["value"] == expected["macro_f1"]
    assert {item["category"]: item["f1"]["value"] for item in found["scores"]["per_category"]} == {
        name: item["f1"] for name, item in expected["per_category"].items()
    }


def test_report_is_one_page_with_its_figures_beside_it(reported: Path) -> None:
    assert (reported / "index.html").stat().st_size < 5_000_000
    pictures = {path.name for path in (reported / "figures").iterdir()}
    for name in ("records", "cloud", "confusion-counts", "roc", "precision-recall", "reliability", "difference"):
        assert {f"{name}.png", f"{name}.svg"} <= pictures


def test_predictions_hold_a_line_for_each_record(reported: Path) -> None:
    found = json.loads((reported / "metrics.json").read_bytes())
    with (reported / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["record"]) for row in rows] == list(range(1, 601))
    right = sum(row["category"] == row["predicted"] for row in rows)
    assert right / len(rows) == found["scores"]["accuracy"]["value"]
    assert all(float(row["probability"]) >= float(row["runner_up_probability"]) for row in rows)


def test_two_profiles_are_compared_on_the_same_records(reported: Path) -> None:
    found = json.loads((reported / "metrics.json").read_bytes())
    compared, test = found["comparison"], found["comparison"]["mcnemar"]
    assert (compared["one"]["name"], compared["other"]["name"]) == ("best", "seed")
    assert compared["one"]["scores"] == found["scores"]
    assert test["both"] + test["only_one"] + test["only_other"] + test["neither"] == 600
    difference = compared["one"]["scores"]["accuracy"]["value"] - compared["other"]["scores"]["accuracy"]["value"]
    assert (test["only_one"] - test["only_other"]) / 600 == pytest.approx(difference)
    assert compared["accuracy"]["low"] <= difference <= compared["accuracy"]["high"]


def test_explanation_is_of_the_endpoints_answer(deployed: SharedProcess) -> None:
    found, answer = deployed.json("explain", GRAPHICS), deployed.json("invoke", GRAPHICS)
    assert found["category"] == answer["category"]
    assert found["probability"] == pytest.approx(answer["probability"], abs=1e-5)
    assert found["runner_up"] == answer["top"][1]["category"]
    assert found["prior_share"] + sum(term["share"] for term in found["terms"]) == pytest.approx(1)
    terms = {term["term"] for term in found["terms"]}
    assert {"graphics", "polygons", "gif"} <= terms
    assert {"the", "and"} <= terms | set(found["stop_words"])  # training chose whether they take part


def test_explanation_for_people_names_every_word(deployed: SharedProcess) -> None:
    text = "Subject: GIF $(flurbl)\n\nthe `polygons` flurbl"
    printed = deployed.make("explain", f"TEXT={text}").stdout
    assert "\x1b" not in printed
    assert "unknown words, no part: flurbl" in printed
    assert "stop words, no part: the" in printed or re.search(r"^the\b", printed, re.MULTILINE)
    assert "subject: gif" in printed
    assert printed.rstrip().endswith("the `polygons` flurbl")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["report"], "make deploy-pipeline"),
        (["explain", "hello"], "make deploy-pipeline"),
        (["explain", "--run", "20200101-000000-aaaa", "hello"], "no finished run"),
    ],
)
def test_without_a_pipeline_it_is_said_what_to_do_first(
    shell: SharedProcess, arguments: list[str], advice: str
) -> None:
    refused = SharedProcess(shell.state, f"{shell.name}-none").pipeline(*arguments, code=1)
    assert advice in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--compare", "nothing"], "There is no other run 'nothing' to compare with"),
        (["--output", "{file}/report"], "Choose another directory with --output"),
    ],
)
def test_what_cannot_be_reported_is_said_before_anything_is_asked(
    deployed: SharedProcess, tmp_path: Path, arguments: list[str], advice: str
) -> None:
    (tmp_path / "file").write_text("no directory")
    refused = deployed.pipeline(
        "report", *(argument.replace("{file}", str(tmp_path / "file")) for argument in arguments), code=1
    )
    assert advice in refused.stderr
    assert "classifying" not in refused.stderr
