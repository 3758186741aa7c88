"""CloudWatch Logs, ours: what containers print, kept in the database."""

from __future__ import annotations
