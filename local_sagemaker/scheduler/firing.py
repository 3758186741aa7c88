"""Fires schedules when they are due; what fell due while the server was down fires when it starts.

As on AWS, a target is called at least once: a call whose answer the server did not live to write down is made again.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta

from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import RequestOf
from local_sagemaker.scheduler import expressions
from local_sagemaker.scheduler.records import Schedule, now
from local_sagemaker.scheduler.store import ScheduleStore
from local_sagemaker.scheduler.targets import Targets

MOST_RETRIES = 185
LONGEST_SECONDS = 86_400
"""AWS's defaults: 185 retries within a day."""

_FIRST_PAUSE_SECONDS = 1
_LONGEST_PAUSE_SECONDS = 300
"""The pause before a retry doubles from one to the other; AWS backs off exponentially, too, and does not say how."""
_JOIN_SECONDS = 10.0
_LONGEST_WAIT = 3600.0
_log = logging.getLogger(__name__)


class Firing:
    """The thread that fires schedules.

    Parameters
    ----------
    store : ScheduleStore
        Where schedules are kept.
    targets : Targets
        What they invoke.
    """

    def __init__(self, store: ScheduleStore, targets: Targets) -> None:
        self._store = store
        self._targets = targets
        self._changed = threading.Condition()
        self._news = False
        self._stopping = False
        self._thread = threading.Thread(target=self._go, name="scheduler", daemon=True)

    def start(self) -> None:
        """Begin to fire."""
        self._thread.start()

    def wake(self) -> None:
        """Say that the schedules have changed."""
        with self._changed:
            self._news = True
            self._changed.notify()

    def shut_down(self) -> None:
        """Fire no more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    def _go(self) -> None:
        while not self._stopping:
            schedule = self._store.next_due()
            if schedule is None or schedule.due is None or schedule.due > now():
                self._wait(schedule)
            else:
                self._fire(schedule)

    def _wait(self, schedule: Schedule | None) -> None:
        left = _LONGEST_WAIT
        if schedule is not None and schedule.due is not None:
            left = min((schedule.due - now()).total_seconds(), _LONGEST_WAIT)  # clocks are set: look again
        with self._changed:
            if not self._news and not self._stopping:
                self._changed.wait(max(left, 0.001))
            self._news = False

    def _fire(self, schedule: Schedule) -> None:
        calling = self._begin(schedule)
        if calling is None:
            return
        try:
            with RequestOf(schedule.region):
                self._targets.invoke(schedule.request["Target"], _occasion(schedule))
        except AwsError as error:
            self._settle(calling, None if self._was_done(calling, error) else error)
        except Exception as error:
            _log.exception("schedule %s", schedule.name)
            self._settle(calling, AwsError("InternalServerException", str(error), 500))
        else:
            self._settle(calling, None)

    def _begin(self, schedule: Schedule) -> Schedule | None:
        """Write down that the target is about to be called; None if somebody has changed or deleted the schedule."""
        calling = replace(schedule, is_calling=True, may_be_done=schedule.may_be_done or schedule.is_calling)
        with self._store.transaction():
            if self._store.find(schedule.group, schedule.name) != schedule:
                return None
            self._store.put(calling)
        return calling

    def _was_done(self, schedule: Schedule, error: AwsError) -> bool:
        """Tell whether a call was refused because an earlier one, whose answer is not known, had been carried out."""
        if not schedule.may_be_done or not self._targets.is_done_already(schedule.request["Target"], error):
            return False
        _log.info("schedule %s was carried out before the server ended: %s", schedule.name, error)
        return True

    def _settle(self, schedule: Schedule, error: AwsError | None) -> None:
        """Write down what comes next, unless somebody has changed or deleted the schedule meanwhile."""
        with self._store.transaction():
            if self._store.find(schedule.group, schedule.name) != schedule:
                return
            retried = None if error is None else _retried(schedule)
            if retried is not None:
                _log.info("schedule %s failed and is tried again: %s", schedule.name, error)
                self._store.put(retried)
                return
            if error is not None:
                _log.warning("schedule %s failed for good: %s", schedule.name, error)
            self._complete(schedule)

    def _complete(self, schedule: Schedule) -> None:
        fired = schedule.event or schedule.due
        assert fired is not None
        due = expressions.following(schedule.asked, fired, now())
        if due is None and schedule.request.get("ActionAfterCompletion") == "DELETE":
            self._store.delete(schedule.group, schedule.name)
        else:
            done = replace(schedule, due=due, event=None, failures=0, is_calling=False, may_be_done=False)
            self._store.put(done)


def _occasion(schedule: Schedule) -> str:
    """Name one firing of one schedule, the same in all of its tries."""
    return f"{schedule.group} {schedule.name} {schedule.created.isoformat()} {schedule.event or schedule.due}"


def _retried(schedule: Schedule) -> Schedule | None:
    """Return the schedule with its next try; None when its policy allows no more."""
    policy = schedule.request["Target"]["RetryPolicy"]
    event = schedule.event or schedule.due
    assert event is not None
    pause = min(_FIRST_PAUSE_SECONDS << min(schedule.failures, 20), _LONGEST_PAUSE_SECONDS)
    due = now() + timedelta(seconds=pause)
    if schedule.failures >= policy["MaximumRetryAttempts"]:
        return None
    if due - event > timedelta(seconds=policy["MaximumEventAgeInSeconds"]):
        return None
    return replace(schedule, due=due, event=event, failures=schedule.failures + 1, is_calling=False)
