"""The AWS scikit-learn image that both containers are made for."""

from __future__ import annotations

IMAGE_VERSION = "1.9-0"


def image_uri(region: str) -> str:
    """Return the URI of the image in `region`."""
    from pipeline.aws import sdk  # it takes seconds, and `status` wants no more than the version

    return str(sdk.image_uris.retrieve("sklearn", region, version=IMAGE_VERSION))
