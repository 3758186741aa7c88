"""Which images the local SageMaker can stand in for."""

from __future__ import annotations


class UnsupportedImage(ValueError):
    """The image is not the scikit-learn one; the message names it and what is served."""


def check(image: str) -> str | None:
    """Accept `…/sagemaker-scikit-learn:<version>`; returns a warning text for another version than 1.9-0, else None.

    Raises
    ------
    UnsupportedImage
        For any other image.
    """
    raise NotImplementedError
