"""`tune`: one training job of the preprocessor that tries many settings instead of a few, and the profile that comes
of it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import tomli_w

from pipeline.artefacts import runs
from pipeline.artefacts.source_code import Container
from pipeline.aws.log_reading import TRAINING_GROUP, Tail
from pipeline.aws.session import Session
from pipeline.aws.storage import Location
from pipeline.console import progress, say
from pipeline.data.preparation import DataOptions, prepared
from pipeline.errors import BadInput, NotReady
from pipeline.jobs.training_job import HOUR, TrainingJobRequest, run_training
from pipeline.profiles import Profile, Value
from pipeline.training.s3_inputs import finder
from pipeline.training.train import upload_data

_MAX_SECONDS = 24 * HOUR
_READ_LOG_SECONDS = 2.0
_TRIED = re.compile(r"tried (\d+) of")


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a tuning found: the evidence as the job wrote it, and where the new profile is."""

    selection: dict[str, Any]
    dataset: str
    profile: Path

    def as_dict(self) -> dict[str, Any]:
        return {"dataset": self.dataset, "profile": str(self.profile), **self.selection}

    def lines(self, most: int) -> list[str]:
        """Return a table of the best `most` candidates and the profile's own."""
        found = self.selection["candidates"]
        how = "by how earlier records answer later ones" if self.selection["ordered"] else "stratified"
        return [
            f"{self.dataset}: {len(found)} candidates, accuracy over {self.selection['folds']} folds of the train "
            f"split, {how}",
            *(
                f"{rank:5d}  {candidate['accuracy']:.4f}  {candidate['name']}"
                for rank, candidate in _shown(found, most)
            ),
        ]


def _shown(candidates: list[dict[str, Any]], most: int) -> list[tuple[int, dict[str, Any]]]:
    """Rank the candidates, the best first; the profile's own, whose name is no list of settings, is always shown."""
    ranked = list(enumerate(candidates, start=1))
    return [(rank, candidate) for rank, candidate in ranked if rank <= most or "=" not in candidate["name"]]


def tune(
    session: Session,
    options: DataOptions,
    profile: Profile,
    ordered: bool | None,
    destination: Path,
    spot: bool = False,
) -> Tuned:
    """Try every combination of the profile's ranges on the train split, and write a profile with the best one.

    A job that was stopped left what it had tried in S3: the same command again goes on from there.

    Parameters
    ----------
    session : Session
        Session.
    options : DataOptions
        DataOptions.
    profile : Profile
        Profile.
    ordered : bool or None
        Whether the train records are in the order of time; None: as the data set says.
    destination : Path
        Where the new profile goes to; nothing may be there.

    Raises
    ------
    BadInput
        If the profile has no ranges, or `destination` cannot be written.
    JobFailed
        If the job failed; the message carries its `FailureReason`.
    """
    _check(profile, destination)
    data = prepared(options, profile, session.name, finder(session))
    session.make_bucket()
    place = session.home / "tuning" / runs.new_id()
    upload_data(session, data, place)
    settings = {
        "profile": profile.name,
        "dataset": data.facts.dataset,
        **profile.for_tuning,
        "ordered": data.facts.is_ordered if ordered is None else ordered,
    }
    n_candidates = prod(map(len, profile.ranges.by_setting.values()))
    selection = _try_all(session, _request(session, place, settings, spot), n_candidates)
    tuned = Tuned(selection, data.facts.dataset, destination)
    destination.write_text(_profile(profile, tuned), encoding="utf-8")
    return tuned


def _request(session: Session, place: Location, settings: Mapping[str, Value], spot: bool) -> TrainingJobRequest:
    """Return the job's request; what an earlier one has tried is at the same place for all."""
    return TrainingJobRequest(
        container=Container.PREPROCESSOR,
        job_name=f"{session.name}-tuning-{place.key.rpartition('/')[2]}",
        channels={channel: place / channel for channel in ("train", "stopwords")},
        hyperparameters=settings,
        output=place,
        checkpoints=session.home / "tuning" / "checkpoints",
        max_seconds=_MAX_SECONDS,
        is_spot=spot,
    )


def _try_all(session: Session, request: TrainingJobRequest, n_candidates: int) -> dict[str, Any]:
    """Run the job, show how far on it is, and return what it found."""
    say("Ctrl-C stops the job; the same command goes on from where it was.")
    with progress(n_candidates, "candidates", "tuning") as bar:
        artefact = run_training(session, request, _ShowTried(session, request.job_name, bar))
    manifest = runs.read_manifest(session.s3, artefact)
    selection: dict[str, Any] = json.loads(manifest)["selection"]
    return selection


class _ShowTried:
    """Moves a bar by what the job says in its log."""

    def __init__(self, session: Session, job_name: str, bar: Any) -> None:
        self._tail = Tail(session, TRAINING_GROUP, f"{job_name}/", since_minutes=1)
        self._bar = bar
        self._last = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if self._bar.disable or now - self._last < _READ_LOG_SECONDS:
            return
        self._last = now
        with suppress(NotReady):  # it has logged nothing yet
            for line in self._tail.new_lines():
                if tried := _TRIED.match(line.message):
                    self._bar.update(int(tried[1]) - self._bar.n)


def _check(profile: Profile, destination: Path) -> None:
    if not profile.ranges.by_setting:
        raise BadInput(
            f"Profile {profile.name!r} has no ranges to try. Give it a section [ranges.preprocessor] or "
            "[ranges.classifier] (see `profiles`), or one range by --set 'ranges.classifier.alpha=[0.01, 0.1]'."
        )
    if destination.suffix != ".toml":
        raise BadInput(f"{destination}: a profile is a .toml file; give --output such a name.")
    if destination.exists():
        raise BadInput(f"{destination} is there already. Move it away, or name another file: --output.")
    if not destination.parent.is_dir():
        raise BadInput(f"{destination.parent} is no directory. Make it, or name another file: --output.")


def _profile(profile: Profile, tuned: Tuned) -> str:
    """Return the TOML of the profile with what was chosen in the place of its own settings.

    The temperature is left out: training with this profile fits it again.
    """
    best = tuned.selection["candidates"][0]
    content = profile.model_dump(exclude={"name"}, exclude_defaults=True)
    content["description"] = (
        f"Tuned from {profile.name} on {tuned.dataset}: accuracy {best['accuracy']:.4f} over the folds"
    )
    chosen = {name: value for name, value in best["preprocessor"].items() if value is not None}
    content["preprocessor"] = {**profile.preprocessor, **chosen, "choose": True}
    content["classifier"] = {name: value for name, value in best["classifier"].items() if value is not None}
    return tomli_w.dumps(content)
