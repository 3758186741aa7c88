"""The key that jobs and endpoints encrypt with, where one was chosen at `bootstrap`."""

from __future__ import annotations

import re

from pipeline.aws.session import Session

_LOCAL_STORAGE = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g[5-9]\w*|p5\w*|trn\d\w*)\.\w+")
"""Instances with disks of their own, which a module on the instance encrypts: SageMaker refuses a key for them."""


def volume_key(session: Session) -> str | None:
    """Return the key of the disks of the session's instances; None where AWS's own serve, or must."""
    return volume_key_for(session.instance_type, session.kms_key)


def volume_key_for(instance_type: str, kms_key: str | None) -> str | None:
    """Return the key for the disks of instances of a type: as above."""
    return None if _LOCAL_STORAGE.fullmatch(instance_type) else kms_key


def given(**members: object) -> dict[str, object]:
    """Return what is not None, as the SDK takes no None for what is left out."""
    return {name: value for name, value in members.items() if value is not None}
