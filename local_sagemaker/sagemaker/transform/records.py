"""The record of a transform job: what was asked for, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from local_sagemaker.sagemaker.running.job_records import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformJob(Job):
    """A transform job. `started` is set once its containers are up."""
