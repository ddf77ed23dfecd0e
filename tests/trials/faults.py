"""Faults of the trial: what may happen to a station, to its network, to the database, and how it ends again."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

Cause = Callable[[], Callable[[], None]]
"""Causes a fault; returns the way to end it."""


@dataclass(slots=True)
class Fault:
    """One fault that happened. Seconds since the trial began."""

    kind: str
    at_s: float
    lasted_s: float = 0.0
    trouble: str = ""


@dataclass(slots=True)
class Faults:
    """A thread that causes one fault after another, at random, until it is told to stop or has caused `most`."""

    kinds: dict[str, Cause]
    most: int
    pause_s: tuple[float, float] = (0.5, 2.0)
    last_s: tuple[float, float] = (0.2, 3.0)
    seed: int = 4
    happened: list[Fault] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="faults")
        self._thread.start()

    def stop(self) -> None:
        """Cause no more; the one under way is ended first."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def done(self) -> bool:
        return self._thread is not None and not self._thread.is_alive()

    def table(self) -> dict[str, int]:
        """How many of each kind."""
        return dict(sorted(Counter(fault.kind for fault in self.happened).items()))

    def _run(self) -> None:
        rng, begun = random.Random(self.seed), time.monotonic()
        names = sorted(self.kinds)
        while len(self.happened) < self.most and not self._over.wait(rng.uniform(*self.pause_s)):
            fault = Fault(rng.choice(names), time.monotonic() - begun)
            self.happened.append(fault)
            try:
                end = self.kinds[fault.kind]()
                self._over.wait(rng.uniform(*self.last_s))
                end()
            except Exception as error:
                fault.trouble = f"{type(error).__name__}: {error}"
            fault.lasted_s = time.monotonic() - begun - fault.at_s
