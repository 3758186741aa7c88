"""The options of a release as they are typed, and what is asked before something is deleted; moto in AWS's place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from pipeline.cli import cli
from pipeline.cli.options.release_options import Duration, Percentage


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account that has nothing."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--target", "aws", *arguments])


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400)])
def test_a_time_is_a_number_with_its_unit(text: str, seconds: int) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "h", "-1s", "1.5h", "2 h", "1w"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no time such as"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize("text", ["0%", "101%", "x", "5.5%", ""])
def test_a_share_is_from_1_to_100_percent(text: str) -> None:
    assert (Percentage().convert("10%", None, None), Percentage().convert("10", None, None)) == (10, 10)
    with pytest.raises(click.BadParameter, match="no share"):
        Percentage().convert(text, None, None)


def test_canary_with_one_instance_is_refused_before_any_call(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_call(*_: Any, **__: Any) -> None:
        raise AssertionError("a call was made")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", no_call)
    refused = typed("deploy-pipeline", "--traffic", "canary")
    assert refused.exit_code == 1
    assert "--instance-count 2" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model-package", "1", "--latest-approved"),
        ("--model-package", "1", "--run", "2"),
        ("--latest-approved", "--code", "current"),
        ("--latest-approved", "--serving", "toolkit"),
    ],
)
def test_a_version_has_its_run_and_code(aws: None, arguments: tuple[str, ...]) -> None:
    assert typed("deploy-pipeline", *arguments).exit_code == 2


def test_on_aws_teardown_names_the_account_and_asks(aws: None) -> None:
    refused = typed("teardown")
    assert refused.exit_code == 2
    assert "AWS account 123456789012, region eu-west-1" in refused.stderr
    assert "--yes" in refused.stderr
    done = typed("teardown", "--yes")
    assert (done.exit_code, done.stdout) == (0, "0 things deleted; nothing of text-pipeline runs on target aws\n")


def test_a_rehearsal_of_teardown_asks_nobody_and_prints_json(aws: None) -> None:
    shown = typed("teardown", "--dry-run")
    assert (shown.exit_code, json.loads(shown.stdout)) == (0, [])
