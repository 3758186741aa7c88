"""CloudWatch, ours: metrics in memory, and alarms that are kept in the database and evaluated over them."""

from __future__ import annotations
