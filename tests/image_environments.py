"""The environments of the local SageMaker's images, built where they can be had."""

from __future__ import annotations

import pytest

from local_sagemaker.containers.images.building import Build, Unavailable
from local_sagemaker.containers.images.catalogue import shipped_images
from local_sagemaker.containers.images.environment import ImageEnvironment, environment_of


def built(name: str) -> ImageEnvironment:
    """Have an image's environment there; where it cannot be had, the test is skipped with the reason."""
    (image,) = (image for image in shipped_images() if image.name == name)
    there = environment_of(image)
    if not there.is_built:
        try:
            Build(there, lambda _: None).run()
        except Unavailable as error:
            pytest.skip(f"the environment of {name} cannot be had here: {error}")
    return there
