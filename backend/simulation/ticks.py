"""Where an axis has its ticks and what is written beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_NICE = (1.0, 2.0, 5.0, 10.0)
_MAX_DIGITS = 5
_MINORS = {1.0: 5, 2.0: 4, 5.0: 5, 10.0: 5}


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis in data units; `low` < `high`, both > 0 where it is logarithmic."""

    title: str
    low: float
    high: float
    log: bool = False

    def fraction(self, value: float) -> float:
        """Where the value lies: 0 at `low`, 1 at `high`."""
        if self.log:
            return math.log(max(value, 1e-300) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Major ticks with their texts, minor ticks, and the power of ten taken out of the texts (0: none)."""

    majors: tuple[float, ...]
    texts: tuple[str, ...]
    minors: tuple[float, ...]
    exponent: int = 0


def ticks(axis: Axis, wanted: int) -> Ticks:
    """Round ticks for an axis, about `wanted` major ones."""
    return _decades(axis) if axis.log else _linear(axis, wanted)


def _linear(axis: Axis, wanted: int) -> Ticks:
    rough = (axis.high - axis.low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    nice = next(step for step in _NICE if step * power >= rough * 0.999)
    step, minor = nice * power, nice * power / _MINORS[nice]
    majors = _multiples(axis, step)
    largest = max(abs(axis.low), abs(axis.high))
    exponent = 3 * int(math.log10(largest) // 3) if largest >= 10**_MAX_DIGITS else 0
    digits = max(0, -math.floor(math.log10(step / 10**exponent) + 1e-9))
    texts = tuple(f"{value / 10**exponent:.{digits}f}" for value in majors)
    return Ticks(majors, texts, _multiples(axis, minor), exponent)


def _multiples(axis: Axis, step: float) -> tuple[float, ...]:
    first, last = math.ceil(axis.low / step - 1e-6), math.floor(axis.high / step + 1e-6)
    return tuple(number * step for number in range(first, last + 1))


def _decades(axis: Axis) -> Ticks:
    first, last = math.ceil(math.log10(axis.low) - 1e-9), math.floor(math.log10(axis.high) + 1e-9)
    majors = tuple(10.0**power for power in range(first, last + 1))
    texts = tuple("1" if power == 0 else "10" if power == 1 else f"10^{power}" for power in range(first, last + 1))
    steps = (digit * 10.0**power for power in range(first - 1, last + 1) for digit in range(2, 10))
    return Ticks(majors, texts, tuple(value for value in steps if axis.low <= value <= axis.high))
