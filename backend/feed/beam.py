"""Beam current from a text file that some other program keeps up to date. What cannot be read is unknown, never off."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from backend.domain.beam import Beam, BeamState, beam_from_reading
from backend.feed.naming import printable

_MOST = 4096


@dataclass(frozen=True, slots=True)
class FileBeamSource:
    """One number in a text file, in `unit`, which may follow it. On at or above `threshold`.

    A file that was last written more than `stale_after_s` seconds ago says nothing about now.
    """

    path: Path
    threshold: float
    unit: str = ""
    stale_after_s: float = 60.0

    def read(self) -> Beam:
        """The beam now. Blocking; never raises: the reason stands in the value."""
        try:
            # A named pipe would keep an ordinary open waiting for its writer.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                text, age_s = os.read(descriptor, _MOST), time.time() - os.fstat(descriptor).st_mtime
            finally:
                os.close(descriptor)
        except (OSError, ValueError) as error:
            return self._unknown(f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return self._judge(text.decode("utf-8", "replace").strip(), age_s)

    def _judge(self, text: str, age_s: float) -> Beam:
        value = _number(text.removesuffix(self.unit) if self.unit else text)
        if value is None:
            return self._unknown(f"holds no number but {printable(text[:40])!r}" if text else "is empty")
        if age_s > self.stale_after_s:
            return self._unknown(f"was last written {age_s:,.0f} s ago", value)
        if age_s < -self.stale_after_s:
            return self._unknown(f"is dated {-age_s:,.0f} s in the future; compare the clocks", value)
        return beam_from_reading(value, self.threshold, self.unit)

    def _unknown(self, why: str, value: float | None = None) -> Beam:
        """Unknown, with the last value where there was one: old, but better shown than hidden."""
        return Beam(BeamState.UNKNOWN, value, self.unit, f"{printable(str(self.path))} {why}")


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
