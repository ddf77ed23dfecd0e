"""Garbage that holds Qt objects goes on the window's thread, however much other threads allocate."""

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject, QTimer

from hydra_gui.garbage import GarbageCollector


@pytest.fixture
def collector(qapp):
    collector = GarbageCollector()
    collector.start()
    yield collector
    collector.stop()


def leave_garbage(ended: list[threading.Thread]) -> None:
    """A timer in a cycle with its owner, unreachable on return; `ended` gets the thread that destroys it."""
    owner = QObject()
    owner.timer, owner.itself = QTimer(owner), owner
    owner.timer.start(1)
    weakref.finalize(owner, lambda: ended.append(threading.current_thread()))


def allocate() -> list[list[int]]:
    return [[number] for number in range(20_000)]


def test_that_no_other_thread_destroys_qt_objects(qtbot, collector):
    ended: list[threading.Thread] = []
    leave_garbage(ended)
    kept: list[list[int]] = []
    busy = threading.Thread(target=lambda: kept.extend(allocate()))
    busy.start()
    busy.join()
    assert not ended
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert ended == [threading.main_thread()]


def test_that_what_lived_long_is_collected_at_intervals(qtbot, collector):
    ended: list[threading.Thread] = []
    owner = QObject()
    owner.itself = owner
    weakref.finalize(owner, lambda: ended.append(threading.current_thread()))
    gc.collect()  # it is of the oldest generation now
    del owner
    collector._full_at = 0.0
    kept = [[number] for number in range(10_000)]
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert len(kept) == 10_000


def test_that_stopping_leaves_collecting_to_python_again(qapp):
    collector, ended = GarbageCollector(), []
    collector.start()
    assert not gc.isenabled()
    leave_garbage(ended)
    collector.stop()
    assert gc.isenabled()
    assert ended
