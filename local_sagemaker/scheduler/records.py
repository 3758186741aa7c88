"""What is kept of schedules and their groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.http.region import current_region

ACCOUNT = "123456789012"
DEFAULT_GROUP = "default"
DATES = ("StartDate", "EndDate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule.

    `request` is the client's own, which GetSchedule repeats. `due` is when it fires next, None for never; `event` the
    time that the invocation under way was due at first, and `failures` how often it has failed. `is_calling` is written
    before its target is called, so that the server's end between the call and its answer is known of: from then on, the
    invocation `may_be_done`.
    """

    name: str
    group: str
    region: str
    request: dict[str, Any]
    created: datetime
    modified: datetime
    due: datetime | None = None
    event: datetime | None = None
    failures: int = 0
    is_calling: bool = False
    may_be_done: bool = False

    @property
    def arn(self) -> str:
        """Its ARN, in the region of who asks."""
        return f"arn:aws:scheduler:{current_region()}:{ACCOUNT}:schedule/{self.group}/{self.name}"

    @property
    def asked(self) -> dict[str, Any]:
        """The request, with its dates as such again."""
        dates = {name: datetime.fromisoformat(self.request[name]) for name in DATES if name in self.request}
        return {**self.request, **dates}

    @property
    def state(self) -> str:
        """`ENABLED` or `DISABLED`."""
        return str(self.request.get("State", "ENABLED"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of schedules."""

    name: str
    created: datetime
    modified: datetime
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN, in the region of who asks."""
        return f"arn:aws:scheduler:{current_region()}:{ACCOUNT}:schedule-group/{self.name}"


def now() -> datetime:
    """Tell the time to the millisecond."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
