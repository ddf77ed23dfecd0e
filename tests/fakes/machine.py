"""How long things may take here: limits in seconds are the reference machine's, and a shared one can be far slower."""

from __future__ import annotations

import os
import time

_ADDITIONS = 200_000
_REFERENCE_S = 0.010
"""What as many additions take on the reference machine, one of two cores at 2.5 GHz, when nothing else runs there."""

_HEADROOM = 1.0 if os.environ.get("HYDRA_EXACT_LIMITS") else 4.0
"""On every change only what became several times slower is caught, for a shared machine may turn slow at any moment;
`make soak` and the benchmarks hold the exact figures."""


def slowness() -> float:
    """By what factor limits are to be stretched now: by the headroom, and more on a machine slower than the reference.

    The best of several short loops, in the processor time of this thread: what other programs take away does not
    count, but that the processor itself runs slower does.
    """
    return _HEADROOM * max(1.0, min(_loop() for _ in range(7)) / _REFERENCE_S)


def _loop() -> float:
    start, total = time.thread_time(), 0
    for number in range(_ADDITIONS):
        total += number
    return time.thread_time() - start
