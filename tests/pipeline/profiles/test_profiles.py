"""Profiles: by name, by file, with settings laid over them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import profiles
from pipeline.errors import BadInput


def test_seed_is_the_reference_and_best_the_default() -> None:
    assert profiles.load(None).name == profiles.DEFAULT == "best"
    assert profiles.names() == ["best", "seed"]
    seed = profiles.load("seed")
    assert (seed.preprocessor, seed.classifier) == ({}, {"alpha": 0.01})
    assert seed.newsgroups.drop_first_lines == 5


def test_settings_are_laid_over_a_profile() -> None:
    settings = ["classifier.alpha=0.5", "preprocessor.tokens=letters", "ranges.classifier.alpha=[0.1, 1]"]
    changed = profiles.load("seed", settings)
    assert changed.classifier["alpha"] == 0.5
    assert changed.preprocessor["tokens"] == "letters"
    assert changed.ranges.by_setting == {"alpha": [0.1, 1]}
    assert json.loads(str(changed.for_tuning["ranges"])) == {"alpha": [0.1, 1]}


def test_a_profile_of_the_users_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "mine"\n[classifier]\nalpha = 2\n', encoding="utf-8")
    assert profiles.load(str(path)).classifier == {"alpha": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("description = ", "mine.toml: Invalid value"),
        ('description = "x"\nalpha = 1', "mine.toml: alpha: Extra inputs are not permitted"),
        ('description = "x"\n[newsgroups]\ndrop_first_lines = -1', "newsgroups.drop_first_lines"),
        ('description = "x"\n[ranges.classifier]\nalpha = 1', "ranges.classifier.alpha: Input should be a valid list"),
    ],
)
def test_a_file_that_is_no_profile_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        profiles.load(str(path))


@pytest.mark.parametrize(
    "setting", ["alpha=1", "classifier.alpha", "model.alpha=1", "ranges.alpha=[1]", "classifier.=1"]
)
def test_a_setting_of_another_form_is_refused(setting: str) -> None:
    with pytest.raises(BadInput, match=r"expected SECTION\.NAME=VALUE"):
        profiles.load("seed", [setting])


def test_an_unknown_name_gets_the_known_ones() -> None:
    with pytest.raises(BadInput, match="Choose one of best, seed"):
        profiles.load("bets")
