"""Loading models must leave the thread it happens on as it was: a signal there would otherwise end the program."""

import ctypes
import gc
import os
import signal
import threading
from pathlib import Path

import numpy as np

from backend.inference.runtime import Runtime
from tests.fakes.bundles import make_bundle


class _Stack(ctypes.Structure):
    _fields_ = (("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def signal_stack() -> tuple[int | None, int]:
    """Address and size of the calling thread's alternate stack for signals."""
    found = _Stack()
    assert ctypes.CDLL(None).sigaltstack(None, ctypes.byref(found)) == 0
    return found.address, found.size


def test_that_loading_and_letting_go_of_models_leaves_signals_deliverable(tmp_path: Path) -> None:
    received: list[int] = []
    before_handler, before = (
        signal.signal(signal.SIGUSR1, lambda number, _frame: received.append(number)),
        signal_stack(),
    )
    try:
        bundle = make_bundle(tmp_path / "bundle")
        models = [Runtime("CPU", 1, tmp_path / "cache").load(bundle)]
        models[0].predict(np.zeros((1, 64, 64, 3), np.uint8))
        assert signal_stack() == before
        elsewhere = threading.Thread(target=lambda: (models.clear(), gc.collect()))
        elsewhere.start()
        elsewhere.join()
        assert signal_stack() == before
        os.kill(os.getpid(), signal.SIGUSR1)
        assert received == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before_handler)
