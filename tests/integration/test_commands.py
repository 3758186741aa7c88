"""The main job through the commands: train, deploy, ask, transform, evaluate, look, tear down."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipeline import profiles
from tests.integration.conftest import CHECKOUT, SharedProcess, Shell

GRAPHICS = "The new graphics card renders polygons and the image format is GIF"


def test_invoke_prints_a_category(deployed: SharedProcess) -> None:
    assert deployed.make("invoke", f"TEXT={GRAPHICS}").stdout.strip() == "comp.graphics"


def test_invoke_as_json_gives_the_likeliest_categories(deployed: SharedProcess) -> None:
    answer = deployed.json("invoke", GRAPHICS)
    assert answer["category"] == answer["top"][0]["category"] == "comp.graphics"
    assert [item["probability"] for item in answer["top"]] == sorted(
        (item["probability"] for item in answer["top"]), reverse=True
    )
    assert len(answer["top"]) == 3


def test_plain_scikit_learn_gives_the_same_category(deployed: SharedProcess) -> None:
    *_, category = deployed.pipeline("estimators", GRAPHICS).stdout.splitlines()
    assert category == deployed.pipeline("invoke", GRAPHICS).stdout.strip()


def test_text_from_file_and_standard_input_gets_the_same_answer(deployed: SharedProcess, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(GRAPHICS, encoding="utf-8")
    answers = [
        deployed.json("invoke", GRAPHICS),
        deployed.json("invoke", "--file", str(path)),
        json.loads(deployed.process("invoke", "--stdin", "--json", stdin=GRAPHICS.encode()).stdout),
    ]
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "text",
    [
        'it\'s a "quoted" word',
        "costs $5, $HOME or $(echo gone) or ${PATH}",
        "`touch {marker}` $(touch {marker}) $(shell touch {marker})",
        "one; touch {marker}; two && touch {marker} | cat",
        "back\\slash, #hash, %percent and 100%",
        "caf\u00e9 \u4e2d\u6587 \U0001f680",
    ],
)
def test_whatever_a_user_types_through_make_is_only_text(deployed: SharedProcess, tmp_path: Path, text: str) -> None:
    marker = tmp_path / "marker"
    text = text.replace("{marker}", str(marker))
    through_make = deployed.make("invoke", f"TEXT={text}").stdout
    assert through_make == deployed.pipeline("invoke", "--stdin", stdin=text.encode()).stdout
    assert not marker.exists()


def test_evaluation_by_endpoint_and_by_batch_transform_is_the_same(
    deployed: SharedProcess, evaluated: dict[str, Any]
) -> None:
    by_endpoint, by_batch = dict(evaluated), deployed.json("evaluate", "--batch")
    assert by_endpoint.pop("way") == "endpoint"
    assert by_batch.pop("way") == "batch"
    assert by_endpoint == by_batch
    assert by_endpoint["records"] == 600
    assert 0.8 < by_endpoint["accuracy"] < 1
    assert set(by_endpoint["per_category"]) == {row["category"] for row in sample_rows()}


def sample_rows() -> list[dict[str, str]]:
    path = CHECKOUT / "pipeline" / "data" / "sample_corpus" / "test.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_batch_transform_of_a_file_keeps_columns_and_order(deployed: SharedProcess, tmp_path: Path) -> None:
    source, answers = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [{"id": str(i), "text": row["text"]} for i, row in enumerate(sample_rows()[::20])]
    rows += [{"id": "nl", "text": 'two\nlines, "quoted"'}, {"id": "empty", "text": ""}]
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "text"])
        writer.writeheader()
        writer.writerows(rows)
    printed = deployed.make("batch-transform", f"INPUT={source}", f"OUTPUT={answers}", "TEXT_COLUMN=text").stdout
    assert printed.strip() == f"{len(rows)} records classified: {answers}"
    with answers.open(encoding="utf-8", newline="") as file:
        got = list(csv.DictReader(file))
    assert [{"id": row["id"], "text": row["text"]} for row in got] == rows
    assert got[3]["category"] == deployed.pipeline("invoke", rows[3]["text"]).stdout.strip()
    assert all(0 < float(row["probability"]) <= 1 for row in got)


@pytest.mark.long
def test_batch_transform_takes_a_hundred_thousand_records_and_one_of_20_mb(
    deployed: SharedProcess, tmp_path: Path
) -> None:
    source, answers = tmp_path / "in.csv", tmp_path / "out.csv"
    texts = ["the puck and the goalie", "orbit of the moon"] * 50_000
    texts[70_001] = "the shuttle reaches its orbit " * 700_000
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([text] for text in texts)
    deployed.process("batch-transform", "--input", str(source), "--output", str(answers), "--text-column", "text")
    csv.field_size_limit(2**31 - 1)
    with answers.open(encoding="utf-8", newline="") as file:
        categories = [row["category"] for row in csv.DictReader(file)]
    assert categories == ["rec.sport.hockey", "sci.space"] * 50_000


def test_batch_transform_between_s3_prefixes(deployed: SharedProcess) -> None:
    exports = deployed.pipeline("local", "env").stdout.splitlines()
    environment = dict(line.removeprefix("export ").split("=", 1) for line in exports)
    s3 = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    s3.create_bucket(Bucket="of-the-user")
    s3.put_object(Bucket="of-the-user", Key="in/a.csv", Body=f"{GRAPHICS}\n".encode())
    s3.put_object(
        Bucket="of-the-user", Key="in/b.csv", Body=b'"the goalie saved the puck, hockey"\nfirst pitch of the inning\n'
    )
    written = deployed.pipeline(
        "batch-transform", "--input", "s3://of-the-user/in/", "--output", "s3://of-the-user/out/", "--format", "csv"
    ).stdout.split()
    assert written == ["s3://of-the-user/out/a.csv.out", "s3://of-the-user/out/b.csv.out"]
    answers = [s3.get_object(Bucket="of-the-user", Key=f"out/{name}.csv.out")["Body"].read().decode() for name in "ab"]
    assert answers == ["comp.graphics\n", "rec.sport.hockey\nrec.sport.baseball\n"]


def test_a_text_too_large_for_an_endpoint_is_sent_to_batch(deployed: SharedProcess) -> None:
    refused = deployed.process("invoke", "--stdin", stdin=b"x" * 6_291_457, code=1)
    assert "make batch-transform" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_status_says_what_is_trained_and_what_serves(deployed: SharedProcess) -> None:
    state = deployed.json("status")
    assert state["endpoint"] == "InService"
    assert state["serving_run"] == state["latest_run"]
    assert all(code["is_current"] for code in state["code"].values())
    assert "sample corpus" in deployed.make("status").stdout


def test_deploying_the_same_run_twice_changes_nothing(deployed: SharedProcess) -> None:
    assert "serves this run already" in deployed.pipeline("deploy-pipeline").stderr


def test_logs_show_the_training_jobs(deployed: SharedProcess) -> None:
    assert "training_accuracy=" in deployed.pipeline("logs", "--of", "training").stdout


@pytest.mark.long
def test_own_csv_becomes_a_pipeline_of_its_own(shell: SharedProcess, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    lines = [f"{'ball bat inning' if i % 2 else 'puck goal rink'} {i},{7 if i % 2 else 12}" for i in range(40)]
    path.write_text("\n".join(["words,code", *lines]), encoding="utf-8")
    mine = SharedProcess(shell.state, f"{shell.name}-mine")
    trained = mine.make("train", f"INPUT={path}", "TEXT_COLUMN=words", "LABEL_COLUMN=code")
    assert "2 categories" in trained.stdout
    mine.pipeline("deploy-pipeline")
    assert mine.make("invoke", "TEXT=the puck went over the rink").stdout.strip() == "12"
    assert mine.json("evaluate")["accuracy"] == 1.0
    mine.make("teardown")
    assert mine.json("status")["endpoint"] is None


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["invoke", "hello"], "make deploy-pipeline"),
        (["deploy-pipeline"], "make train"),
        (["evaluate"], "make deploy-pipeline"),
        (["train", "--profile", "nothing"], "Choose one of"),
        (["train", "--input", "nowhere.csv", "--text-column", "a", "--label-column", "b"], "nowhere.csv: No such file"),
        (["train", "--dataset", "sample", "--set", "preprocessor.tokens=syllables"], "syllables"),
    ],
)
def test_what_cannot_be_done_says_what_to_do_first(shell: SharedProcess, arguments: list[str], advice: str) -> None:
    fresh = SharedProcess(shell.state, f"{shell.name}-none")
    refused = fresh.pipeline(*arguments, code=1)
    assert advice in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "arguments", [["invoke"], ["nonsense"], ["--target", "moon", "status"], ["--name", "a_b", "status"]]
)
def test_bad_usage_exits_with_two(shell: SharedProcess, arguments: list[str]) -> None:
    assert "Usage:" in shell.pipeline(*arguments, code=2).stderr


def test_teardown_leaves_no_endpoint_and_local_down_no_process(tmp_path: Path) -> None:
    user = Shell(tmp_path, "short-lived")
    user.pipeline("local", "up")
    assert "0 things deleted" in user.pipeline("teardown").stdout
    assert "is stopped" in user.pipeline("local", "down").stdout
    assert "was not running" in user.pipeline("local", "down").stdout


TUNING = (
    *("tune", "--dataset", "sample", "--set", "ranges.preprocessor.category_floor=[0.02, 0.1]"),
    *("--set", "ranges.preprocessor.subject_weight=[1.5]", "--set", "ranges.classifier.background_strength=[0.2]"),
    *("--set", "ranges.classifier.background_share=[0.95]", "--set", "ranges.classifier.fit_prior=[false, true]"),
)


@pytest.mark.long
def test_tuning_writes_a_profile_with_the_best_settings(shell: SharedProcess, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    found = json.loads(shell.pipeline(*TUNING, "--output", str(path), "--json").stdout)
    best = found["candidates"][0]
    assert best["accuracy"] == max(candidate["accuracy"] for candidate in found["candidates"])
    assert len(found["candidates"]) == 4
    profile = profiles.load(str(path))
    assert profile.preprocessor["category_floor"] == best["preprocessor"]["category_floor"]
    assert profile.classifier["fit_prior"] == best["classifier"]["fit_prior"]
    again = shell.pipeline(*TUNING, "--output", str(path), code=1)
    assert f"{path} is there already" in again.stderr


def test_a_profile_without_ranges_is_not_tuned(shell: SharedProcess) -> None:
    refused = shell.pipeline("tune", "--dataset", "sample", "--profile", "seed", code=1)
    assert "Profile 'seed' has no ranges to try" in refused.stderr
