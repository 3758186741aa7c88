"""Which version of the image a request named, where this one takes its place: scripts and clients go by its forms."""

from __future__ import annotations

import os
import re

ASKED = "SAGEMAKER_LOCAL_VERSION_ASKED"


def is_before(major: int, minor: int) -> bool:
    """Tell if an earlier version was asked for; one without two numbers (`xgboost:latest`) is earlier than all.

    Parameters
    ----------
    major, minor : int
        Of the version to compare with.
    """
    asked = os.environ.get(ASKED)
    if not asked:
        return False
    version = re.match(r"(\d+)\.(\d+)-", asked)
    return version is None or (int(version[1]), int(version[2])) < (major, minor)
