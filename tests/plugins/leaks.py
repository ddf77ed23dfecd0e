"""Nothing may outlive its test: no thread, no child process, no window. Registered by tests/conftest.py."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

_DEADLINE_S = float(os.environ.get("HYDRA_LEAK_DEADLINE_S", "20"))
_HELPERS = ("resource_tracker", "forkserver", "mariadbd")
"""Python's own bookkeeping lives as long as the interpreter, the database server as long as the session."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "leaves_running(why): threads or processes belong to a longer-lived fixture")


@pytest.fixture(autouse=True)
def nothing_is_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a thread, a child process or a visible window behind."""
    threads_before = set(threading.enumerate())
    processes_before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    if request.node.get_closest_marker("leaves_running"):
        return
    left = _wait_for_none(lambda: [*_threads(threads_before), *_processes(processes_before), *_windows()])
    if left:
        pytest.fail("left behind by this test: " + "; ".join(left), pytrace=False)


def _wait_for_none(find: Callable[[], list[str]]) -> list[str]:
    deadline = time.monotonic() + _DEADLINE_S
    while (left := find()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _threads(before: set[threading.Thread]) -> list[str]:
    return [
        f"thread {thread.name}"
        for thread in set(threading.enumerate()) - before
        if thread.is_alive() and not isinstance(thread, threading._DummyThread)
    ]


def _processes(before: set[int]) -> list[str]:
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            words = " ".join(child.cmdline())
            if child.pid not in before and child.status() != psutil.STATUS_ZOMBIE and not _is_helper(words):
                found.append(f"process {child.pid} ({words[:80]})")
        except psutil.NoSuchProcess:
            continue
    return found


def _is_helper(command_line: str) -> bool:
    return any(name in command_line for name in _HELPERS)


def _windows() -> list[str]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    shown = (widget for widget in widgets.QApplication.topLevelWidgets() if widget.isVisible())
    return [f"window {type(widget).__name__}" for widget in shown]
