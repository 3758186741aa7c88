"""The tokens of CloudWatch Logs' lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol import page_tokens


class Paging:
    """The pages of one list in one order.

    Parameters
    ----------
    of : str
        What is listed, and in which order.
    """

    def __init__(self, *of: str) -> None:
        self._of = of

    def token(self, place: Sequence[Any]) -> str:
        """Write the place after a page as a token."""
        return page_tokens.written(place, self._of)

    def position(self, token: str | None, first: Sequence[Any]) -> Sequence[Any]:
        """Read the place where a page starts; `first` is the one without a token.

        Raises
        ------
        AwsError
            `InvalidParameterException`.
        """
        if token is None:
            return first
        try:
            return page_tokens.place(token, first, self._of)
        except page_tokens.ForeignToken as error:
            raise invalid_token() from error


def invalid_token() -> AwsError:
    """Refuse a token."""
    return AwsError("InvalidParameterException", "The specified nextToken is invalid.")
