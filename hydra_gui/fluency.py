"""What keeps the window fluent beside the engine's threads in the same process."""

from __future__ import annotations

import gc
import sys

SWITCH_INTERVAL_S = 0.0001
"""Painting a frame hands the interpreter over dozens of times; each time it should come back within this."""


def favour_window() -> None:
    """Have busy threads yield the interpreter fifty times sooner than by default; call once at the start.

    With the default of 5 ms a single decoding thread in Python code can hold up a frame for several frames' time.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def settle() -> None:
    """Take all that exists now out of the garbage collector's sight; call when the first view is shown.

    Modules and the hall's first tiles are hundreds of thousands of objects that live as long as the window. Without
    this every full collection walks over them, which takes longer than several frames.
    """
    gc.freeze()
