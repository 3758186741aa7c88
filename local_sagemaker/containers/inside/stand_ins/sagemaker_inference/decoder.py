"""Arrays from JSON, CSV and NPY, and sparse matrices from NPZ; CSV is read as `numpy.genfromtxt` reads it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from sagemaker_containers._encoders import json_to_numpy, npy_to_numpy

from sagemaker_inference import content_types, errors

if TYPE_CHECKING:
    from collections.abc import Callable


def _csv_to_numpy(string_like: str, dtype: Any = None) -> Any:
    return np.genfromtxt(io.StringIO(string_like), dtype=dtype, delimiter=",")


def _npz_to_sparse(npz_bytes: bytes) -> Any:
    import scipy.sparse  # few scripts read it, and importing it takes long

    return scipy.sparse.load_npz(io.BytesIO(npz_bytes))


_DECODERS: dict[str, Callable[[Any], Any]] = {
    content_types.NPY: npy_to_numpy,
    content_types.CSV: _csv_to_numpy,
    content_types.JSON: json_to_numpy,
    content_types.NPZ: _npz_to_sparse,
}


def decode(obj: Any, content_type: str) -> Any:
    """Read a body of one of the four types; raises UnsupportedFormatError for another."""
    if content_type not in _DECODERS:
        raise errors.UnsupportedFormatError(content_type)
    return _DECODERS[content_type](obj)
