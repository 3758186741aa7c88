"""Arrays to JSON, CSV and NPY, as the inference toolkit writes them; its CSV is that of `numpy.savetxt`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from sagemaker_containers._encoders import array_to_json, array_to_npy

from sagemaker_inference import content_types, errors

if TYPE_CHECKING:
    from collections.abc import Callable


def _array_to_csv(array_like: Any) -> str:
    stream = io.StringIO()
    np.savetxt(stream, array_like, delimiter=",", fmt="%s")
    return stream.getvalue()


_ENCODERS: dict[str, Callable[[Any], str | bytes]] = {
    content_types.NPY: array_to_npy,
    content_types.CSV: _array_to_csv,
    content_types.JSON: array_to_json,
}
SUPPORTED_CONTENT_TYPES = set(_ENCODERS)


def encode(array_like: Any, content_type: str) -> str | bytes:
    """Write an array as one of the three types; raises UnsupportedFormatError for another."""
    if content_type not in _ENCODERS:
        raise errors.UnsupportedFormatError(content_type)
    return _ENCODERS[content_type](array_like)
