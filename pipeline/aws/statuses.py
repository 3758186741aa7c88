"""The statuses of jobs and endpoints that are followed by another of themselves; all others are an end."""

from __future__ import annotations

CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
"""Of endpoints; one that is changing takes no other change until then."""

UNDER_WAY = frozenset({"InProgress", "Stopping"}) | CHANGING
"""Of endpoints and jobs."""
