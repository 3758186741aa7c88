"""S3, ours: objects are files named by opaque ids, everything known about them is in the database."""

from __future__ import annotations
