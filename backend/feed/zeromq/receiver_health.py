"""What a receiver knows of its own hearing, and how that reads on screen. No input or output."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from backend.domain.health import STARTING, Condition, PartHealth
from backend.feed.naming import printable
from backend.feed.zeromq.addresses import Address
from backend.feed.zeromq.windows import Windows

REMEMBERED_S = 600.0
"""Seconds for which a message that was not understood is shown."""


@dataclass(slots=True)
class Hearing:
    """State of listening: `error` is why there is no socket."""

    windows: Windows
    listening: bool = False
    error: str = ""
    nonsense: int = 0
    last_nonsense: str = ""
    last_nonsense_at: float = 0.0

    def not_understood(self, why: str) -> None:
        """A message was refused by the parser."""
        self.nonsense += 1
        self.last_nonsense, self.last_nonsense_at = why, time.monotonic()

    def health(self, addresses: Sequence[Address]) -> PartHealth:
        """The first of what is wrong, or how many senders there are."""
        if self.error:
            return PartHealth(Condition.FAILED, "cannot listen", self.error)
        if not self.listening:
            return STARTING
        return self._impaired() or PartHealth(Condition.OK, self._senders(addresses))

    def _impaired(self) -> PartHealth | None:
        if self.windows.silent:
            sender, seconds = next(iter(self.windows.silent.items()))
            advice = (
                f"Nothing was heard from {printable(sender)} for {seconds:.0f} s. Look after `hydra-gui feed` on its "
                "machine, and the network in between; it keeps its plots meanwhile."
            )
            return PartHealth(Condition.DEGRADED, f"{printable(sender)} silent", advice)
        if self.nonsense and time.monotonic() - self.last_nonsense_at < REMEMBERED_S:
            advice = f"A program sends what is not understood, and its plots are not seen. {self.last_nonsense}"
            return PartHealth(Condition.DEGRADED, f"{self.nonsense} bad message" + "s" * (self.nonsense > 1), advice)
        return None

    def _senders(self, addresses: Sequence[Address]) -> str:
        there = len(self.windows.senders)
        if there:
            return f"{there} feeder" + "s" * (there > 1)
        return f"listening on {addresses[0].port}" if addresses else "listening"
