"""Beam: whether particles arrive, which decides whether a bad plot may alarm."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class BeamState(StrEnum):
    """On, off, or not known; not known counts as on wherever it could hide a problem."""

    ON = "ON"
    OFF = "OFF"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Beam:
    """One reading. `value` is in `unit`, None where it could not be read; `reason` says why.

    `threshold`, in the same unit, is what it was compared with; None where it was not.
    """

    state: BeamState
    value: float | None = None
    unit: str = ""
    reason: str = ""
    threshold: float | None = field(default=None, compare=False)

    @property
    def certainly_off(self) -> bool:
        """Off by a valid reading."""
        return self.state is BeamState.OFF


UNKNOWN_BEAM = Beam(BeamState.UNKNOWN, reason="no beam source is configured")


def beam_from_reading(value: float, threshold: float, unit: str) -> Beam:
    """On at or above `threshold`, off below; both in `unit`."""
    return Beam(BeamState.ON if value >= threshold else BeamState.OFF, value, unit, threshold=threshold)
