"""What the classifier refuses, and how: a bad request with a 4xx, a bad training job with one line for its
`FailureReason`.
"""

from __future__ import annotations


class ContainerError(Exception):
    """The root of every error that is somebody else's to mend; its text says what, where, and what to do."""


class JobRefused(ContainerError):
    """A training job cannot run as it was asked for."""


class ArtefactUnusable(ContainerError):
    """A serving container cannot start: its artefact is not what was deployed, or it or the environment is not what
    this code can serve.
    """


class RequestRefused(ContainerError):
    """A request cannot be answered.

    Parameters
    ----------
    code : str
        One word for programs, such as `BodyTooLarge`.
    message : str
        One or two sentences for people.
    record : int, optional
        Which record of the request it is about, counted from 1.
    """

    status = 400

    def __init__(self, code: str, message: str, record: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.record = record


class BodyTooLarge(RequestRefused):
    """The body has more bytes, or more records, than a container takes at once."""

    status = 413


class UnsupportedContentType(RequestRefused):
    """The request's Content-Type, or its charset, is none that is read here."""

    status = 415


class UnsupportedAccept(RequestRefused):
    """The request asks for a format that is not written here."""

    status = 406
