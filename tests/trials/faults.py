"""Faults of the trial: what may happen to a station, to its network, to the database, and how it ends again."""

from __future__ import annotations

import random
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
    """Causes one fault after another, at random. In the caller's thread: a server is ended with the thread it is of."""

    kinds: dict[str, Cause]
    most: int
    pause_s: tuple[float, float] = (0.5, 2.0)
    last_s: tuple[float, float] = (0.2, 3.0)
    seed: int = 4
    happened: list[Fault] = field(default_factory=list)

    def cause_all(self, between: Callable[[], None]) -> None:
        """All of them; `between` is called before each."""
        rng, begun = random.Random(self.seed), time.monotonic()
        names = sorted(self.kinds)
        while len(self.happened) < self.most:
            between()
            time.sleep(rng.uniform(*self.pause_s))
            fault = Fault(rng.choice(names), time.monotonic() - begun)
            self.happened.append(fault)
            try:
                end = self.kinds[fault.kind]()
                time.sleep(rng.uniform(*self.last_s))
                end()
            except Exception as error:
                fault.trouble = f"{type(error).__name__}: {error}"
            fault.lasted_s = time.monotonic() - begun - fault.at_s

    def table(self) -> dict[str, int]:
        """How many of each kind."""
        return dict(sorted(Counter(fault.kind for fault in self.happened).items()))
