"""The pipelines of the tests' server."""

from __future__ import annotations

import pytest

from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.sagemaker.pipelines.executing import Pipelines


@pytest.fixture(scope="session")
def pipelines(cloud: Cloud) -> Pipelines:
    """The pipelines of the tests' server."""
    return Pipelines(cloud)
