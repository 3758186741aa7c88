"""The images that jobs run on are found as the SDK finds them, without the SDK."""

from __future__ import annotations

import pytest
from sagemaker.core import image_uris

from pipeline.errors import BadInput
from pipeline.jobs.image import IMAGE_VERSION, SPARK_BUILD, SPARK_PYTHON, SPARK_VERSION, image_uri, spark_image_uri

REGIONS = ["us-east-1", "eu-west-1", "eu-central-2", "il-central-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1"]


@pytest.mark.parametrize("region", REGIONS)
def test_images_are_the_ones_that_the_sdk_names(region: str) -> None:
    assert image_uri(region) == image_uris.retrieve("sklearn", region, version=IMAGE_VERSION)
    assert spark_image_uri(region) == image_uris.retrieve(
        "spark",
        region,
        version=SPARK_VERSION,
        py_version=SPARK_PYTHON,
        container_version=SPARK_BUILD,
        instance_type="ml.m5.xlarge",
    )


@pytest.mark.parametrize("find", [image_uri, spark_image_uri])
def test_a_region_without_an_image_is_named(find: object) -> None:
    assert callable(find)
    with pytest.raises(BadInput, match=r"image .* is not in the region 'xx-nowhere-1': choose another"):
        find("xx-nowhere-1")
