"""Tells the C library to keep freed memory, instead of giving it back to the kernel and asking for it again.

    keep_freed_memory()

On a CPU every step makes and drops the same large tensors. By default glibc maps each from the kernel, which fills it
with zeros page by page: a third of the processor time of a warm start went there.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3), from glibc's malloc.h."""
SETTINGS = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 2**28}


def keep_freed_memory() -> bool:
    """Set it for this process. Returns whether the C library can be told so: glibc can, others do without."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # Zero is its word for what it does not take.
    return mallopt is not None and all(mallopt(name, value) for name, value in SETTINGS.items())
