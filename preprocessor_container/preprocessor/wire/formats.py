"""Rows to bytes: a registry of the formats that we write, chosen by the Accept header. A new one is one more function
and one more entry.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..errors import UnsupportedAccept
from ..features.term_rows import TermRows
from ..requests.media_types import choose
from .arrow_format import MEDIA_TYPE as ARROW
from .arrow_stream import Wire
from .recordio import encode_recordio

Encoder = Callable[[Iterable[TermRows], Wire], bytes]
"""Writes the rows of one request."""


@dataclass(frozen=True, slots=True)
class WireFormat:
    """A media type and the function that writes it."""

    media_type: str
    encode: Encoder


@lru_cache(maxsize=128)
def choose_format(accept: str) -> WireFormat:
    """Return the format that an Accept header asks for.

    Raises
    ------
    UnsupportedAccept
        If it asks for none of ours.
    """
    media_type = choose(accept, tuple(_ENCODERS))
    if media_type is None:
        # Without an Accept header the image itself asks for JSON: that is how a forgotten variable looks from here.
        message = (
            f"Accept {accept!r} is not written here; ask for one of {', '.join(_ENCODERS)}. If you asked for nothing: "
            f"the container's environment lacks SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT={next(iter(_ENCODERS))}."
        )
        raise UnsupportedAccept("UnsupportedAccept", message)
    return WireFormat(media_type, _ENCODERS[media_type])


def _encode_arrow(batches: Iterable[TermRows], wire: Wire) -> bytes:
    return wire.encode(batches)


def _encode_npz(batches: Iterable[TermRows], wire: Wire) -> bytes:
    """Write what `scipy.sparse.load_npz` reads: one CSR matrix."""
    import scipy.sparse as sp  # most containers are never asked for it, and it is half of their start

    none = sp.csr_matrix((0, wire.n_features), dtype=np.float32)
    parts = [
        sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))
        for rows in batches
    ]
    buffer = io.BytesIO()
    sp.save_npz(buffer, sp.vstack([none, *parts], format="csr"), compressed=False)
    return buffer.getvalue()


def _encode_recordio(batches: Iterable[TermRows], wire: Wire) -> bytes:
    return encode_recordio(batches)


_ENCODERS: dict[str, Encoder] = {
    ARROW: _encode_arrow,
    "application/x-npz": _encode_npz,
    "application/x-recordio-protobuf": _encode_recordio,
}
