"""AWS's images that the jobs run on, from the tables that come with the SageMaker SDK.

The tables are its files; to import the SDK for them takes seconds.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import botocore.loaders

from pipeline.errors import BadInput

IMAGE_VERSION = "1.9-0"
SPARK_VERSION = "3.5"
SPARK_PYTHON = "py312"
SPARK_BUILD = "v1.0"


def image_uri(region: str) -> str:
    """Return the URI of the scikit-learn image that both containers are made for.

    Raises
    ------
    BadInput
        If AWS has it not in that region.
    """
    found = _table("sklearn")["training"]["versions"][IMAGE_VERSION]
    return _uri(f"scikit-learn image {IMAGE_VERSION}", found, region, f"{IMAGE_VERSION}-cpu-py3")


def spark_image_uri(region: str) -> str:
    """Return the URI of the Spark image; raises as `image_uri` does."""
    found = _table("spark")["processing"]["versions"][SPARK_VERSION]
    tag = f"{SPARK_VERSION}-cpu-{SPARK_PYTHON}-{SPARK_BUILD}"
    return _uri(f"Spark image {SPARK_VERSION}", found, region, tag)


def _uri(what: str, image: dict[str, Any], region: str, tag: str) -> str:
    account = image["registries"].get(region)
    if account is None:
        raise BadInput(
            f"The {what} is not in the region {region!r}: choose another one (`export AWS_DEFAULT_REGION=us-east-1`)."
        )
    return f"{account}.dkr.ecr.{region}.{_domain(region)}/{image['repository']}:{tag}"


def _domain(region: str) -> str:
    """Return the domain of AWS's services in a region."""
    partitions = botocore.loaders.create_loader().load_data("partitions")["partitions"]
    return next(str(each["outputs"]["dnsSuffix"]) for each in partitions if re.match(each["regionRegex"], region))


@cache
def _table(framework: str) -> dict[str, Any]:
    path = distribution("sagemaker-core").locate_file(f"sagemaker/core/image_uri_config/{framework}.json")
    table: dict[str, Any] = json.loads(Path(str(path)).read_bytes())
    return table
