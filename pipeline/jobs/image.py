"""The AWS scikit-learn image that both containers are made for."""

from __future__ import annotations

from functools import cache

from pipeline.aws import sdk
from pipeline.errors import BadInput

IMAGE_VERSION = "1.9-0"


@cache  # the SDK reads its files each time
def image_uri(region: str) -> str:
    """Return the URI of the image in `region`.

    Raises
    ------
    BadInput
        If AWS has it not there.
    """
    try:
        return str(sdk.image_uris.retrieve("sklearn", region, version=IMAGE_VERSION))
    except ValueError as error:
        if "Unsupported region" not in str(error):
            raise
        raise BadInput(
            f"The scikit-learn image {IMAGE_VERSION} is not in the region {region!r}: choose another one "
            f"(`export AWS_DEFAULT_REGION=us-east-1`)."
        ) from error
