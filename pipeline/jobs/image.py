"""The AWS scikit-learn image that both containers are made for."""

from __future__ import annotations

from pipeline.aws import sdk

IMAGE_VERSION = "1.9-0"


def image_uri(region: str) -> str:
    """Return the URI of the image in `region`."""
    return str(sdk.image_uris.retrieve("sklearn", region, version=IMAGE_VERSION))
