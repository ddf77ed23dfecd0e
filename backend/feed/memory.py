"""Keeping freed memory for the next plot instead of giving it back to the operating system.

A decoded plot is some megabytes, taken and freed several times a plot. By default each time new pages are mapped, which
the kernel clears one by one under a lock that all threads of the process share: a quarter of the time of decoding.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache

from PIL import _imaging as pillow

_KEPT_BYTES = 256 * 2**20
"""What glibc keeps of freed memory at the end of an arena, and the size from which it maps single pieces."""

_PILLOW_BLOCKS = 4
"""Freed blocks, of up to 16 MiB each, that Pillow keeps for the next image."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_THRESHOLD = 32 * 2**20
"""glibc's own limit on the latter."""


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Set the allocators of this process up for decoding; where they cannot be set up, decoding is slower."""
    pillow.set_blocks_max(_PILLOW_BLOCKS)
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_THRESHOLD)
