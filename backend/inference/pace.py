"""How fast a network was so far."""

from __future__ import annotations

_NEWEST = 0.3
"""Share of what was measured last."""


class Pace:
    """Milliseconds per image, the newest counting most. Any thread may note; the last one wins."""

    def __init__(self) -> None:
        self._milliseconds = 0.0

    def note(self, milliseconds: float) -> None:
        """An image took so long."""
        before = self._milliseconds or milliseconds
        self._milliseconds = before + _NEWEST * (milliseconds - before)

    def images_within(self, milliseconds: float) -> int:
        """How many images one call takes in that time; 1 before the first, never less."""
        return max(1, int(milliseconds / self._milliseconds)) if self._milliseconds else 1
