"""Application Auto Scaling of endpoints' variants, ours: kept in the database, carried out over our own alarms."""

from __future__ import annotations
