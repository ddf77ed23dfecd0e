"""Run conditions: what differs from run to run without anything being wrong."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

_FIRST_RUN_AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
_RUN_LENGTH = timedelta(minutes=97)
_SIZES = ((800, 600), (796, 572), (780, 585), (820, 615))
_SIZE_SHARES = (0.7, 0.1, 0.1, 0.1)


def name_seed(name: str) -> int:
    """A number that follows from a name alone, the same in every process."""
    return zlib.crc32(name.encode())


@dataclass(frozen=True, slots=True)
class RunConditions:
    """One run as a detector sees it.

    `rate` and `gain` are factors around 1, `noise` a factor on backgrounds (0.5 to 2), `drift` moves peaks and
    pedestals (-1 to 1, in units each plot knows); `size` is the canvas in pixels; `taken_at` is UTC.
    """

    run: int
    chunk: int | None
    taken_at: datetime
    seed: int
    rate: float
    gain: float
    noise: float
    drift: float
    size: tuple[int, int]

    @classmethod
    def of(
        cls, run: int, *, seed: int = 0, chunk: int | None = None, taken_at: datetime | None = None
    ) -> RunConditions:
        """The conditions of a run: all but `chunk` and `taken_at` follow from `run` and `seed` (both ≥ 0)."""
        rng = np.random.default_rng((seed, run))
        return cls(
            run,
            chunk,
            taken_at or _FIRST_RUN_AT + (run % 400) * _RUN_LENGTH + timedelta(seconds=int(rng.integers(3000))),
            seed,
            rate=float(rng.lognormal(0.0, 0.12)),
            gain=float(np.clip(rng.normal(1.0, 0.02), 0.95, 1.05)),
            noise=float(np.clip(rng.lognormal(0.0, 0.3), 0.5, 2.0)),
            drift=float(np.clip(rng.normal(0.0, 0.4), -1.0, 1.0)),
            size=_SIZES[int(rng.choice(len(_SIZES), p=_SIZE_SHARES))],
        )

    @classmethod
    def random(cls, rng: np.random.Generator) -> RunConditions:
        """The conditions of a run picked at random."""
        return cls.of(int(rng.integers(11_000, 99_000)), seed=int(rng.integers(2**31)))

    def generator(self, name: str) -> np.random.Generator:
        """Random numbers for what is fixed during this run in the named plot."""
        return np.random.default_rng((self.seed, self.run, name_seed(name)))
