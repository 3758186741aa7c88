"""Evaluates all alarms every second, in a thread of its own, and tells others of what becomes of them."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from local_sagemaker.cloudwatch import evaluation
from local_sagemaker.cloudwatch.alarms import Alarm, Alarms, State
from local_sagemaker.cloudwatch.metrics import Metrics

_EVERY = 1.0
_AGAIN = 60.0
"""Seconds after which a scaling policy is told again of a state that lasts."""

_log = logging.getLogger(__name__)


class Watch:
    """Evaluates alarms.

    Parameters
    ----------
    alarms : Alarms
        The alarms.
    metrics : Metrics
        Their metrics.
    publish : callable
        Publishes a message to an SNS topic.
    """

    def __init__(self, alarms: Alarms, metrics: Metrics, publish: Callable[[str, str], None]) -> None:
        self._alarms = alarms
        self._metrics = metrics
        self._publish = publish
        self._scale: Callable[[str, Alarm], None] | None = None
        self._told: dict[str, float] = {}
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cloudwatch", daemon=True)

    def scale_with(self, scale: Callable[[str, Alarm], None]) -> None:
        """Have scaling policies, by their ARNs, carried out by this."""
        self._scale = scale

    def start(self) -> None:
        """Evaluate from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Evaluate no more."""
        self._halt.set()
        if self._thread.is_alive():
            self._thread.join()

    def set_state(self, name: str, state: State, reason: str, data: str | None) -> bool:
        """Give an alarm a state, which its next evaluation takes back if it finds another; False if it is not there."""

        def change(alarm: Alarm) -> Alarm:
            held = time.time() + min(alarm.period, _AGAIN)
            return _with_state(alarm, evaluation.Verdict(state, reason, data), held)

        before, changed = self._alarms.get(name), self._alarms.change(name, change)
        if changed is not None and before is not None and changed.state is not before.state:
            self._tell(changed, before.state)
        return changed is not None

    def evaluate(self) -> None:
        """Evaluate every alarm once."""
        self._metrics.collect()
        now = time.time()
        for alarm in self._alarms.all():
            if alarm.held_until <= now:
                self._evaluate(alarm, now)

    def _run(self) -> None:
        while not self._halt.wait(_EVERY):
            try:
                self.evaluate()
            except Exception:  # the next second may be better: a disk with room, a lock that is free
                _log.exception("the alarms could not be evaluated")

    def _evaluate(self, alarm: Alarm, now: float) -> None:
        verdict = evaluation.evaluate(alarm, evaluation.points(alarm, self._metrics, now))
        if verdict.state in (None, alarm.state):
            if alarm.state is State.ALARM and self._told.get(alarm.name, 0.0) + _AGAIN <= time.monotonic():
                self._scale_by(alarm)
            return
        changed = self._alarms.change(
            alarm.name, lambda found: _with_state(found, verdict) if found == alarm else found
        )
        if changed is not None and changed.state is not alarm.state:
            self._tell(changed, alarm.state)

    def _tell(self, alarm: Alarm, before: State) -> None:
        for action in alarm.actions:
            if action.startswith("arn:aws:sns:"):
                self._perform(alarm, action, partial(self._publish, action, json.dumps(_message(alarm, before))))
        self._scale_by(alarm)

    def _scale_by(self, alarm: Alarm) -> None:
        self._told[alarm.name] = time.monotonic()
        for action in alarm.actions:
            if action.startswith("arn:aws:autoscaling:") and self._scale is not None:
                self._perform(alarm, action, partial(self._scale, action, alarm))

    def _perform(self, alarm: Alarm, action: str, perform: Callable[[], None]) -> None:
        data = {"actionState": "Succeeded", "notificationResource": action, "stateUpdateTimestamp": alarm.updated}
        summary = f"Successfully executed action {action}"
        try:
            perform()
        except Exception as error:
            _log.warning("the action %s of alarm %s failed: %s", action, alarm.name, error)
            summary, data = f"Failed to execute action {action}", {**data, "actionState": "Failed", "error": str(error)}
        self._alarms.note_action(alarm.name, summary, data)


def _with_state(alarm: Alarm, verdict: evaluation.Verdict, held_until: float = 0.0) -> Alarm:
    return replace(
        alarm,
        state=verdict.state or alarm.state,
        reason=verdict.reason,
        reason_data=verdict.data,
        updated=datetime.now(UTC),
        held_until=held_until,
    )


def _message(alarm: Alarm, before: State) -> Mapping[str, Any]:
    """Write what CloudWatch sends to a topic."""
    request = alarm.request
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": request.get("AlarmDescription"),
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": f"{alarm.updated:%Y-%m-%dT%H:%M:%S.%f%z}",
        "OldStateValue": before,
        "Trigger": {
            **{name: request[name] for name in ("MetricName", "Namespace", "Period", "EvaluationPeriods")},
            **{name: request[name] for name in ("ComparisonOperator", "Threshold")},
            "Statistic": alarm.statistic,
            "TreatMissingData": request.get("TreatMissingData", "missing"),
            "Dimensions": [{"name": one["Name"], "value": one["Value"]} for one in request.get("Dimensions", ())],
        },
    }
