"""What a benchmark says: one measurement of ours beside one of a baseline, taken in the same run on the same input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """Bounds that must all hold: `at_most` and `at_least` of our figure, in its unit, and the least `ratio`.

    `also` says whether those of the details hold, which stand there beside their figures.
    """

    at_most: float | None = None
    at_least: float | None = None
    ratio: float | None = None
    also: bool = True

    def holds(self, ours: float, ratio: float | None) -> bool:
        """Whether this is met. A bound on a ratio is not met where there is no baseline."""
        return (
            self.also
            and (self.at_most is None or ours <= self.at_most)
            and (self.at_least is None or ours >= self.at_least)
            and (self.ratio is None or (ratio is not None and ratio >= self.ratio))
        )

    def words(self, unit: str) -> str:
        """The goal as a person reads it."""
        bounds = (("≤", self.at_most, unit), ("≥", self.at_least, unit), ("ratio ≥", self.ratio, ""))
        return " and ".join(f"{sign} {value:g} {of}".strip() for sign, value, of in bounds if value is not None)


@dataclass(frozen=True, slots=True)
class Result:
    """One benchmark. `less_is_better` decides which way round `ratio` is: it always says how many times better we are.

    `baseline` is None where nothing comparable exists; `baseline_is` says what was measured.
    """

    benchmark: str
    ours: float
    baseline: float | None
    baseline_is: str
    unit: str
    goal: Goal
    less_is_better: bool = True
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How many times better than the baseline."""
        if self.baseline is None:
            return None
        return self.baseline / self.ours if self.less_is_better else self.ours / self.baseline

    @property
    def holds(self) -> bool:
        """Whether the goal is met."""
        return self.goal.holds(self.ours, self.ratio)

    def fields(self) -> dict[str, Any]:
        """As they are printed."""
        return {
            "benchmark": self.benchmark,
            "ours": _short(self.ours),
            "baseline": _short(self.baseline),
            "baseline_is": self.baseline_is,
            "unit": self.unit,
            "ratio": _short(self.ratio),
            "goal": self.goal.words(self.unit),
            "holds": self.holds,
            "details": self.details,
        }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
