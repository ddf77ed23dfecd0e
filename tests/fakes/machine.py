"""How fast the machine is now: limits in seconds are the reference machine's, and a shared one can be far slower."""

from __future__ import annotations

import time

_ADDITIONS = 200_000
_REFERENCE_S = 0.010
"""What as many additions take on the reference machine, one of two cores at 2.5 GHz, when nothing else runs there."""


def slowness() -> float:
    """By what factor limits are to be stretched: 1 on the reference machine and on faster ones.

    The best of several short loops, in the processor time of this thread: what other programs take away does not
    count, but that the processor itself runs slower does.
    """
    return max(1.0, min(_loop() for _ in range(7)) / _REFERENCE_S)


def _loop() -> float:
    start, total = time.thread_time(), 0
    for number in range(_ADDITIONS):
        total += number
    return time.thread_time() - start
