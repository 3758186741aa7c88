"""Keeps a long-running server as small as what it holds.

Many threads and buffers of all sizes leave the C library's heap full of holes, which it does not give back by itself.
"""

from __future__ import annotations

import ctypes
import gc
import threading

_EVERY = 10.0


def freeze_and_trim() -> None:
    """Leave the objects that are there now out of garbage collections, and give freed memory back from now on.

    They stay as long as the server; with them the collections would be rare, and garbage pile up in between.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # glibc has it, and needs it
        threading.Thread(target=_trim_regularly, args=(trim,), name="memory", daemon=True).start()


def _trim_regularly(trim: ctypes._NamedFuncPointer) -> None:
    pause = threading.Event()
    while not pause.wait(_EVERY):
        trim(0)
