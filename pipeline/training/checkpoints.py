"""Where training jobs leave what they have counted, so that the same training begun again goes on from there."""

from __future__ import annotations

import hashlib
import json

from pipeline.aws.session import Session
from pipeline.aws.storage import Location, keys
from pipeline.console import say
from pipeline.data.preparation import Prepared
from pipeline.profiles import Profile


def place_of(session: Session, data: Prepared, profile: Profile) -> Location:
    """Return the place for what is trained: the same for each command that trains it.

    It belongs to no run, as a command that begins again makes another one. The jobs themselves see whose checkpoints
    they are, so two commands at once do each other no harm.
    """
    trained = json.dumps([data.key, profile.for_preprocessor, profile.classifier], sort_keys=True)
    return session.home / "checkpoints" / hashlib.sha256(trained.encode()).hexdigest()[:16]


def say_what_is_left(session: Session, place: Location) -> None:
    """Say so if an earlier command left something."""
    if next(keys(session.s3, place.prefix, place.bucket), None):
        say(f"an earlier command was stopped: the jobs go on from what it left in {place}")
