"""The pages of CloudWatch's lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol import page_tokens

T = TypeVar("T")


def page(of: str, found: Sequence[T], request: Mapping[str, Any], most: int) -> tuple[Sequence[T], dict[str, str]]:
    """Cut a page out of what was found, and write the token of the next.

    Raises
    ------
    AwsError
        `InvalidNextToken`.
    """
    start = 0
    if (token := request.get("NextToken")) is not None:
        try:
            (start,) = page_tokens.place(token, [0], [of])
        except page_tokens.ForeignToken as error:
            raise AwsError("InvalidNextToken", "The next token specified is invalid.") from error
    end = start + most
    return found[start:end], {"NextToken": page_tokens.written([end], [of])} if end < len(found) else {}
