"""A pulse of the window's thread: how long it was ever kept from looking at its events."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
from PySide6.QtCore import QTimer

BEAT_MS = 5
_CROWDED = 0.15
"""Share of all processors that other programs may use before the machine counts as crowded."""


class Heartbeat:
    """Beats every `BEAT_MS` between `start` and `stop`.

    On a machine of its own the gaps are plain wall-clock time. Where other programs crowd it, the time is taken off
    that threads of this process stood in the run queue, as the kernel tells it: a thread that holds the interpreter
    and has no processor holds up the window too, and no program can help that.
    """

    def __init__(self) -> None:
        self._gaps: list[float] = []
        self._queued: list[float] = []
        self._timer = QTimer()
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._last = (0.0, 0.0)
        self._begun = (0.0, 0.0)
        self._others = 0.0

    def start(self) -> None:
        self._last = _now()
        self._begun = time.perf_counter(), _others_s()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        elapsed = time.perf_counter() - self._begun[0]
        self._others = (_others_s() - self._begun[1]) / elapsed / (psutil.cpu_count() or 1)

    @property
    def beats(self) -> int:
        return len(self._gaps)

    @property
    def crowded(self) -> bool:
        return self._others > _CROWDED

    def longest(self, count: int = 1) -> list[float]:
        """The longest gaps in seconds, longest first."""
        queued = self._queued if self.crowded else [0.0] * len(self._gaps)
        return sorted((gap - wait for gap, wait in zip(self._gaps, queued, strict=True)), reverse=True)[:count]

    def _beat(self) -> None:
        now = _now()
        self._gaps.append(now[0] - self._last[0])
        self._queued.append(now[1] - self._last[1])
        self._last = now


def _now() -> tuple[float, float]:
    return time.perf_counter(), _run_queue_s()


def _run_queue_s() -> float:
    """Seconds that threads of this process were ready to run and no processor was free, all in all."""
    total = 0
    for stat in Path("/proc/self/task").glob("*/schedstat"):
        try:
            total += int(stat.read_text().split()[1])
        except OSError:  # the thread has just ended
            continue
    return total / 1e9


def _others_s() -> float:
    """Processor seconds that other programs have used."""
    machine, own = psutil.cpu_times(), psutil.Process().cpu_times()
    busy = machine.user + machine.system + machine.nice
    return float(busy - own.user - own.system)
