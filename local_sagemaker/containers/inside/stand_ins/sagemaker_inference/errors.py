"""The toolkit's exceptions that user code raises or catches."""

from __future__ import annotations

from typing import Any


class UnsupportedFormatError(Exception):
    """A content type that is neither read nor written here."""

    def __init__(self, content_type: str, **kwargs: Any) -> None:
        message = f"Content type {content_type} is not supported by this framework. Implement input_fn or output_fn."
        super().__init__(message, **kwargs)


class BaseInferenceToolkitError(Exception):
    """An error with the status and the body that the caller is to get."""

    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        self.status_code = status_code
        self.message = message
        self.phrase = phrase
        super().__init__(status_code, message, phrase)


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    """The same with words of its own, where there are none."""

    def __init__(self, status_code: int, message: str | None = None, phrase: str | None = None) -> None:
        words = message or "Invalid Request"
        super().__init__(status_code, words, phrase or words)
