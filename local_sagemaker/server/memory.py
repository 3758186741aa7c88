"""Keeps a long-running server as small as what it holds.

Many threads and buffers of all sizes leave the C library's heap full of holes, which it does not give back by itself.
"""

from __future__ import annotations

import ctypes
import gc
import threading

_EVERY = 10.0


def settle() -> None:
    """Take what is there now for good: looked through again and again, it would make collections rare, and garbage pile
    up between them. From now on, give back what was freed.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # glibc has it, and needs it
        threading.Thread(target=_give_back, args=(trim,), name="memory", daemon=True).start()


def _give_back(trim: ctypes._NamedFuncPointer) -> None:
    pause = threading.Event()
    while not pause.wait(_EVERY):
        trim(0)
