"""Profiles: named sets of settings for the data and both training jobs. A profile is a TOML file, here or the
user's own.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import BadInput

DEFAULT = "best"
DIRECTORY = Path(__file__).parent
SECTIONS = ("newsgroups", "preprocessor", "classifier", "ranges")
Value = bool | int | float | str


class NewsgroupsText(BaseModel):
    """What of a newsgroup post is its text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    drop_first_lines: int = Field(default=0, ge=0)
    drop_empty_lines: bool = False


class Ranges(BaseModel):
    """What tuning tries: for each setting the values that it may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preprocessor: dict[str, list[Value]] = {}
    classifier: dict[str, list[Value]] = {}

    @property
    def by_setting(self) -> dict[str, list[Value]]:
        return {**self.preprocessor, **self.classifier}


class Profile(BaseModel):
    """Settings of one recipe; hyperparameters go to the training jobs as they are, and are checked there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    newsgroups: NewsgroupsText = NewsgroupsText()
    preprocessor: dict[str, Value] = {}
    classifier: dict[str, Value] = {}
    ranges: Ranges = Ranges()

    @property
    def for_preprocessor(self) -> dict[str, Value]:
        """The first job's settings; where it is to choose, it needs to know the second one's too."""
        if not self.preprocessor.get("choose"):
            return self.preprocessor
        return {**self.preprocessor, "classifier": json.dumps(self.classifier)}

    @property
    def for_tuning(self) -> dict[str, Value]:
        """The first job's settings where it is to try all that the ranges hold."""
        return {
            **self.preprocessor,
            "choose": True,
            "classifier": json.dumps(self.classifier),
            "ranges": json.dumps(self.ranges.by_setting),
        }


def names() -> list[str]:
    """Return the names of the profiles that come with the project."""
    return sorted(path.stem for path in DIRECTORY.glob("*.toml"))


def load(name: str | None, settings: Sequence[str] = ()) -> Profile:
    """Read a profile by its name (None: the default one), or by the path of a TOML file, with `settings` of the form
    `classifier.alpha=0.1` laid over it.

    Raises
    ------
    BadInput
        If there is no such profile, or it holds what no profile may hold.
    """
    name = name or DEFAULT
    path = Path(name) if name.endswith(".toml") else DIRECTORY / f"{name}.toml"
    if not path.is_file():
        raise BadInput(
            f"There is no profile {name!r}. Choose one of {', '.join(names())}, or give the path of a .toml file."
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for setting in settings:
            _lay_over(content, setting)
        return Profile(name=path.stem, **content)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error


def _lay_over(content: dict[str, object], setting: str) -> None:
    """Set one `section.name=value` (the value as TOML reads it, else as a string); a range is `ranges.section.name`."""
    where, equals, value = setting.partition("=")
    *sections, name = where.split(".")
    n_sections = 2 if sections[:1] == ["ranges"] else 1
    if not (equals and name) or len(sections) != n_sections or sections[0] not in SECTIONS:
        raise BadInput(f"--set {setting}: expected SECTION.NAME=VALUE with SECTION one of {', '.join(SECTIONS)}.")
    try:
        parsed: object = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    for section in sections:
        inner = content.setdefault(section, {})
        assert isinstance(inner, dict)
        content = inner
    content[name] = parsed
