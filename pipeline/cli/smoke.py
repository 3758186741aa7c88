"""`smoke`: the shortest real life of a pipeline, under a name of its own, with a limit of time and a sure end."""

from __future__ import annotations

import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline import profiles
from pipeline.aws.session import Session
from pipeline.cli.demo import TEXT
from pipeline.console import say
from pipeline.data.preparation import DataOptions, DatasetChoice
from pipeline.deployment import expiry
from pipeline.deployment.deploy import deploy
from pipeline.deployment.pipeline_model import CodeChoice
from pipeline.deployment.teardown import teardown
from pipeline.infrastructure import removal
from pipeline.infrastructure.bootstrap import bootstrap
from pipeline.infrastructure.parameters import Wishes
from pipeline.infrastructure.stack import find_ours
from pipeline.prediction.invoke import classify_text
from pipeline.training.train import train

if TYPE_CHECKING:
    from pipeline.prediction.invoke import Prediction

_AGAIN_SECONDS = 5.0
"""An interruption that comes where Python ignores exceptions (in `__del__`) is lost, so others follow."""


def own_session(session: Session) -> Session:
    """Return a session under a name that nothing has yet, with nothing of the user's own."""
    name = f"smoke-{secrets.token_hex(4)}"
    return Session(session.target, replace(session.choices, name=name, bucket=None, role_arn=None))


def run(session: Session, minutes: float) -> Prediction:
    """Make the infrastructure, train on the sample, deploy, classify `TEXT`; and take it all away, whatever happens.

    Parameters
    ----------
    session : Session
        Of `own_session`.
    minutes : float
        After this time it is given up. What a killed process leaves stops billing by itself a little later: jobs by
        their longest time, the endpoint by its schedule.
    """
    with _given_up_after(minutes):
        try:
            bootstrap(session, Wishes(), _shown)
            return _live(Session(session.target, session.choices), minutes)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)  # the end is not given up
            _end(Session(session.target, session.choices))


def _live(session: Session, minutes: float) -> Prediction:
    trained = train(session, DataOptions(dataset=DatasetChoice.SAMPLE), profiles.load("seed", ()))
    expiry.expire(session, round(minutes * 60) + 900)  # before there is an endpoint, so that none is ever without
    deploy(session, trained, CodeChoice.TRAINED)
    return classify_text(session, TEXT)


def _end(session: Session) -> None:
    began = time.monotonic()
    find_ours(session)  # waits for a stack that is on the way: until then nobody knows the bucket
    teardown(session, and_data=True)
    removal.delete(session, and_data=True, confirm=_shown)
    say(f"everything of {session.name} is taken away again ({time.monotonic() - began:.0f} s)")


def _shown(lines: list[str]) -> bool:
    say("\n".join(lines))
    return True


@contextmanager
def _given_up_after(minutes: float) -> Iterator[None]:
    """Interrupt as Ctrl-C does after a time, and on the signals that end a process: jobs are then stopped."""
    former = {number: signal.signal(number, _interrupt) for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP)}
    signal.setitimer(signal.ITIMER_REAL, minutes * 60, _AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in former.items():
            signal.signal(number, handler)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
