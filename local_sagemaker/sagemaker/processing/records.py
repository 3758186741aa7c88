"""The record of a processing job: what was asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.running.job_records import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingJob(Job):
    """A processing job. `exit_message` is what the container left in `/opt/ml/output/message`."""

    exit_message: str | None = None

    @property
    def inputs(self) -> Sequence[Mapping[str, Any]]:
        """The request's inputs."""
        inputs: Sequence[Mapping[str, Any]] = self.request.get("ProcessingInputs", ())
        return inputs

    @property
    def outputs(self) -> Sequence[Mapping[str, Any]]:
        """The request's outputs."""
        outputs: Sequence[Mapping[str, Any]] = self.request.get("ProcessingOutputConfig", {}).get("Outputs", ())
        return outputs
