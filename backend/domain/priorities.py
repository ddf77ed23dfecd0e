"""Which threads go first where there are more of them than cores."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICENESS = 10


def give_way() -> None:
    """Have the calling thread run behind the others of this process from now on; nothing where this cannot be.

    On Linux every thread has a niceness of its own. A frame that is to be painted, an event that is to be told and a
    commit take a moment; decoding and inference take all that is left.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
