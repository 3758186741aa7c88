"""What a command tells a user who cannot go on: what was wrong, where, and what to do."""

from __future__ import annotations


class PipelineError(Exception):
    """A failure that the user can understand and act on; the command line prints it and exits with 1."""


class BadInput(PipelineError):
    """The user's data or options are at fault; the message names the file and line, or the option."""


class NotReady(PipelineError):
    """Something has to be done first (train, deploy); the message names the command."""


class JobFailed(PipelineError):
    """A SageMaker job or endpoint failed; the message carries its reason."""
