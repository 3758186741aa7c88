"""Which images the local SageMaker can stand in for."""

from __future__ import annotations

import re

REPOSITORY = "sagemaker-scikit-learn"
VERSION = "1.9-0"

_SCIKIT_LEARN = re.compile(
    rf"\d{{12}}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/{REPOSITORY}:(?P<version>[\w][\w.-]*?)(?:-cpu-py3\d*)?"
)


class UnsupportedImage(ValueError):
    """The image is not the scikit-learn one; the message names it and what is served."""


def check(image: str) -> str | None:
    """Accept the AWS scikit-learn image, `<account>.dkr.ecr.<region>.amazonaws.com/sagemaker-scikit-learn:<version>`.

    Returns
    -------
    str or None
        A warning for another version than the one that the local containers follow, else None.

    Raises
    ------
    UnsupportedImage
        For any other image.
    """
    match = _SCIKIT_LEARN.fullmatch(image)
    if match is None:
        raise UnsupportedImage(
            f"The local SageMaker runs the scikit-learn image only (…/{REPOSITORY}:{VERSION}), not {image}."
        )
    if match["version"] == VERSION:
        return None
    return f"{image} runs locally as version {VERSION} of the scikit-learn image, not as {match['version']}."
